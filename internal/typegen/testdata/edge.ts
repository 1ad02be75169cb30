export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[]

export type Database = {
  public: {
    Tables: {
      child: {
        Row: {
          a: number
          b: number | null
          c: number | null
          self: number | null
          computed: string | null
          computed_set: {
            a: number
            b: number | null
            c: number | null
            self: number | null
          } | null
        }
        Insert: {
          a: number
          b?: number | null
          c?: number | null
          self?: number | null
        }
        Update: {
          a?: number
          b?: number | null
          c?: number | null
          self?: number | null
        }
        Relationships: [
          {
            foreignKeyName: "child_self_fkey"
            columns: ["self"]
            isOneToOne: false
            referencedRelation: "child"
            referencedColumns: ["a"]
          },
          {
            foreignKeyName: "child_self_fkey"
            columns: ["self"]
            isOneToOne: false
            referencedRelation: "child_view"
            referencedColumns: ["renamed"]
          },
          {
            foreignKeyName: "child_self_fkey"
            columns: ["self"]
            isOneToOne: false
            referencedRelation: "joined"
            referencedColumns: ["a"]
          },
          {
            foreignKeyName: "child_self_fkey"
            columns: ["self"]
            isOneToOne: false
            referencedRelation: "mat"
            referencedColumns: ["a"]
          },
          {
            foreignKeyName: "long_fk"
            columns: ["a", "b", "c"]
            isOneToOne: false
            referencedRelation: "parent_with_a_rather_long_name_for_breaking"
            referencedColumns: [
              "first_key",
              "second_key_with_a_long_name",
              "third_key_with_name",
            ]
          },
          {
            foreignKeyName: "o2o"
            columns: ["b"]
            isOneToOne: true
            referencedRelation: "child"
            referencedColumns: ["a"]
          },
          {
            foreignKeyName: "o2o"
            columns: ["b"]
            isOneToOne: true
            referencedRelation: "child_view"
            referencedColumns: ["renamed"]
          },
          {
            foreignKeyName: "o2o"
            columns: ["b"]
            isOneToOne: true
            referencedRelation: "joined"
            referencedColumns: ["a"]
          },
          {
            foreignKeyName: "o2o"
            columns: ["b"]
            isOneToOne: true
            referencedRelation: "mat"
            referencedColumns: ["a"]
          },
        ]
      }
      parent_with_a_rather_long_name_for_breaking: {
        Row: {
          first_key: number
          second_key_with_a_long_name: number
          third_key_with_name: number
        }
        Insert: {
          first_key: number
          second_key_with_a_long_name: number
          third_key_with_name: number
        }
        Update: {
          first_key?: number
          second_key_with_a_long_name?: number
          third_key_with_name?: number
        }
        Relationships: []
      }
      "Weird Name": {
        Row: {
          _a: number | null
          "a-b": number | null
          ar: string[] | null
          b: string | null
          e: string
          g: number | null
          i: unknown
          id: number
          j: Json
          m: Database["public"]["Enums"]["mood"] | null
          ms: Database["public"]["Enums"]["mood"][] | null
          p: Database["public"]["CompositeTypes"]["point3"] | null
          ps: Database["public"]["CompositeTypes"]["point3"][] | null
          r: unknown
          s: "dark" | "light" | null
          ss: ("dark" | "light")[] | null
          Zea: string | null
          zeb: string | null
          zecond: string | null
          Zed: string | null
        }
        Insert: {
          _a?: number | null
          "a-b"?: number | null
          ar?: string[] | null
          b?: string | null
          e: string
          g?: number | null
          i?: unknown
          id?: never
          j?: Json
          m?: Database["public"]["Enums"]["mood"] | null
          ms?: Database["public"]["Enums"]["mood"][] | null
          p?: Database["public"]["CompositeTypes"]["point3"] | null
          ps?: Database["public"]["CompositeTypes"]["point3"][] | null
          r?: unknown
          s?: "dark" | "light" | null
          ss?: ("dark" | "light")[] | null
          Zea?: string | null
          zeb?: string | null
          zecond?: string | null
          Zed?: string | null
        }
        Update: {
          _a?: number | null
          "a-b"?: number | null
          ar?: string[] | null
          b?: string | null
          e?: string
          g?: number | null
          i?: unknown
          id?: never
          j?: Json
          m?: Database["public"]["Enums"]["mood"] | null
          ms?: Database["public"]["Enums"]["mood"][] | null
          p?: Database["public"]["CompositeTypes"]["point3"] | null
          ps?: Database["public"]["CompositeTypes"]["point3"][] | null
          r?: unknown
          s?: "dark" | "light" | null
          ss?: ("dark" | "light")[] | null
          Zea?: string | null
          zeb?: string | null
          zecond?: string | null
          Zed?: string | null
        }
        Relationships: []
      }
    }
    Views: {
      child_view: {
        Row: {
          b: number | null
          c: number | null
          plus: number | null
          renamed: number | null
        }
        Insert: {
          b?: number | null
          c?: number | null
          plus?: never
          renamed?: number | null
        }
        Update: {
          b?: number | null
          c?: number | null
          plus?: never
          renamed?: number | null
        }
        Relationships: [
          {
            foreignKeyName: "long_fk"
            columns: ["renamed", "b", "c"]
            isOneToOne: false
            referencedRelation: "parent_with_a_rather_long_name_for_breaking"
            referencedColumns: [
              "first_key",
              "second_key_with_a_long_name",
              "third_key_with_name",
            ]
          },
          {
            foreignKeyName: "o2o"
            columns: ["b"]
            isOneToOne: true
            referencedRelation: "child"
            referencedColumns: ["a"]
          },
          {
            foreignKeyName: "o2o"
            columns: ["b"]
            isOneToOne: true
            referencedRelation: "child_view"
            referencedColumns: ["renamed"]
          },
          {
            foreignKeyName: "o2o"
            columns: ["b"]
            isOneToOne: true
            referencedRelation: "joined"
            referencedColumns: ["a"]
          },
          {
            foreignKeyName: "o2o"
            columns: ["b"]
            isOneToOne: true
            referencedRelation: "mat"
            referencedColumns: ["a"]
          },
        ]
      }
      joined: {
        Row: {
          a: number | null
          first_key: number | null
        }
        Relationships: []
      }
      mat: {
        Row: {
          a: number | null
          b: number | null
        }
        Relationships: [
          {
            foreignKeyName: "o2o"
            columns: ["b"]
            isOneToOne: true
            referencedRelation: "child"
            referencedColumns: ["a"]
          },
          {
            foreignKeyName: "o2o"
            columns: ["b"]
            isOneToOne: true
            referencedRelation: "child_view"
            referencedColumns: ["renamed"]
          },
          {
            foreignKeyName: "o2o"
            columns: ["b"]
            isOneToOne: true
            referencedRelation: "joined"
            referencedColumns: ["a"]
          },
          {
            foreignKeyName: "o2o"
            columns: ["b"]
            isOneToOne: true
            referencedRelation: "mat"
            referencedColumns: ["a"]
          },
        ]
      }
    }
    Functions: {
      body: { Args: { "": Json }; Returns: Json }
      child_set: {
        Args: { n: number }
        Returns: {
          a: number
          b: number | null
          c: number | null
          self: number | null
        }
        SetofOptions: {
          from: "*"
          to: "child"
          isOneToOne: true
          isSetofReturn: true
        }
      }
      children: {
        Args: never
        Returns: {
          a: number
          b: number | null
          c: number | null
          self: number | null
        }[]
        SetofOptions: {
          from: "*"
          to: "child"
          isOneToOne: false
          isSetofReturn: true
        }
      }
      comp: {
        Args: { p: Database["public"]["CompositeTypes"]["point3"] }
        Returns: Database["public"]["CompositeTypes"]["point3"]
        SetofOptions: {
          from: "point3"
          to: "point3"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      comps: {
        Args: never
        Returns: Database["public"]["CompositeTypes"]["point3"][]
        SetofOptions: {
          from: "*"
          to: "point3"
          isOneToOne: false
          isSetofReturn: true
        }
      }
      computed: {
        Args: { "": Database["public"]["Tables"]["child"]["Row"] }
        Returns: {
          error: true
        } & "the function public.computed with parameter or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache"
      }
      computed_set: {
        Args: { "": Database["public"]["Tables"]["child"]["Row"] }
        Returns: {
          a: number
          b: number | null
          c: number | null
          self: number | null
        }[]
        SetofOptions: {
          from: "child"
          to: "child"
          isOneToOne: false
          isSetofReturn: true
        }
      }
      many_arguments: {
        Args: {
          first_argument_long: number
          fourth?: number
          second_argument_long: string
          third_argument_long: Database["public"]["Enums"]["mood"]
        }
        Returns: Database["public"]["Enums"]["mood"]
      }
      named: {
        Args: { c: Database["public"]["Tables"]["child"]["Row"] }
        Returns: {
          a: number
          b: number | null
          c: number | null
          self: number | null
        }
        SetofOptions: {
          from: "child"
          to: "child"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      nothing: { Args: never; Returns: undefined }
      "Odd Fn": {
        Args: { a: number; b?: string; c?: number[] }
        Returns: number[]
      }
      one_out: { Args: never; Returns: number }
      outs: { Args: { x: number }; Returns: Record<string, unknown> }
      over:
        | {
            Args: { a: number }
            Returns: {
              error: true
            } & "Could not choose the best candidate function between: public.over(a => int4), public.over(a => text). Try renaming the parameters or the function itself in the database so function overloading can be resolved"
          }
        | {
            Args: { a: string }
            Returns: {
              error: true
            } & "Could not choose the best candidate function between: public.over(a => int4), public.over(a => text). Try renaming the parameters or the function itself in the database so function overloading can be resolved"
          }
      over2:
        | { Args: { a: number }; Returns: number }
        | { Args: { a: number; b: number }; Returns: string }
      rec: { Args: never; Returns: Record<string, unknown>[] }
      sh: {
        Args: { e: unknown; s: "dark" | "light" }
        Returns: ("dark" | "light")[]
      }
      tab: {
        Args: { x: number }
        Returns: {
          id: number
          m: Database["public"]["Enums"]["mood"]
          name: string
        }[]
      }
    }
    Enums: {
      mood: "it's" | 'say "hi"' | "ok"
    }
    CompositeTypes: {
      point3: {
        x: number | null
        "the y": string | null
        m: Database["public"]["Enums"]["mood"] | null
        arr: number[] | null
      }
    }
  }
}

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">]

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] &
        DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] &
        DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R
      }
      ? R
      : never
    : never

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I
      }
      ? I
      : never
    : never

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U
      }
      ? U
      : never
    : never

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
    : never

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never,
> = PublicCompositeTypeNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
    : never

export const Constants = {
  public: {
    Enums: {
      mood: ["it's", 'say "hi"', "ok"],
    },
  },
} as const
