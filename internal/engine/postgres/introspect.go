package postgres

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

//go:embed facts/*.sql
var factFiles embed.FS

// snapshot is what is known of the database at one moment.
type snapshot struct {
	cat *catalog.Catalog
	sum [sha256.Size]byte // of all facts as they were read: equal sums are equal catalogs
	// Statements that make the settings of a role those of a transaction: SET ROLE alone does not.
	roles map[string]string
	// The OIDs that this database gave to the types of extensions, which have fixed ones in a catalog.
	known map[catalog.OID]catalog.OID
}

func (s *snapshot) typ(oid uint32) *catalog.Type {
	o := catalog.OID(oid)
	if k, ok := s.known[o]; ok {
		o = k
	}
	return s.cat.Type(o)
}

// A fact is one row of a query of facts/, as JSON.
type fact[T any] struct {
	file string
	add  func(*reading, *T)
}

// A reading is a database on its way to becoming catalog.Facts.
type reading struct {
	catalog.Facts
	known map[catalog.OID]catalog.OID
	// Settings of roles that anyone may set, as name=value.
	roleSettings map[string][]string
	types        map[catalog.OID]*catalog.Type
	tables       map[catalog.OID]*catalog.Table
	fields       map[catalog.OID]*catalog.Type // free-standing composite types by their pg_class
	sources      map[catalog.OID]*viewSource
}

type factReader interface {
	name() string
	read(r *reading, row []byte) error
}

func (f fact[T]) name() string { return f.file }

func (f fact[T]) read(r *reading, row []byte) error {
	v := new(T)
	if err := json.Unmarshal(row, v); err != nil {
		return fmt.Errorf("read %s: %w", f.file, err)
	}
	f.add(r, v)
	return nil
}

// facts are the queries in the order in which their rows can be understood.
var facts = []factReader{
	fact[schemaFact]{"schemas", addSchema}, fact[roleFact]{"roles", addRole}, fact[settingFact]{"settings", addSetting},
	fact[extensionFact]{"extensions", addExtension}, fact[typeFact]{"types", addType}, fact[tableFact]{"tables", addTable},
	fact[columnFact]{"columns", addColumn}, fact[indexFact]{"indexes", addIndex}, fact[constraintFact]{"constraints", addConstraint},
	fact[functionFact]{"functions", addFunction}, fact[triggerFact]{"triggers", addTrigger}, fact[policyFact]{"policies", addPolicy},
	fact[sequenceFact]{"sequences", addSequence}, fact[publicationFact]{"publications", addPublication}, fact[castFact]{"casts", addCast},
	fact[defaultFact]{"defaults", addDefault},
}

// introspect reads the whole database in one round trip and one snapshot.
func introspect(ctx context.Context, c *pgconn.PgConn) (*snapshot, error) {
	p := c.StartPipeline(ctx)
	p.SendQueryParams("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", nil, nil, nil, nil)
	// PostgreSQL prints expressions with the names that the search path needs.
	p.SendQueryParams("SELECT set_config('search_path', 'public', true)", nil, nil, nil, nil)
	for _, f := range facts {
		text, err := factFiles.ReadFile("facts/" + f.name() + ".sql")
		if err != nil {
			panic(err) // the file is embedded
		}
		p.SendQueryParams("SELECT row_to_json(f)::text FROM ("+string(text)+") AS f", nil, nil, nil, nil)
	}
	p.SendQueryParams("COMMIT", nil, nil, nil, nil)
	s, err := readFacts(p)
	if closeErr := p.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("read the database's catalogs: %w", err)
	}
	return s, nil
}

func readFacts(p *pgconn.Pipeline) (*snapshot, error) {
	if err := p.Sync(); err != nil {
		return nil, err
	}
	r := &reading{
		known: map[catalog.OID]catalog.OID{}, types: map[catalog.OID]*catalog.Type{}, tables: map[catalog.OID]*catalog.Table{},
		roleSettings: map[string][]string{}, fields: map[catalog.OID]*catalog.Type{}, sources: map[catalog.OID]*viewSource{},
	}
	for range 2 { // BEGIN and the search path
		if _, err := finish(p); err != nil {
			return nil, err
		}
	}
	sum := sha256.New()
	for _, f := range facts {
		if err := readFact(p, f, r, sum); err != nil {
			return nil, err
		}
	}
	if _, err := finish(p); err != nil {
		return nil, err
	}
	r.resolveViews()
	s := &snapshot{cat: catalog.Build(r.Facts), known: r.known, roles: map[string]string{}}
	for role, list := range r.roleSettings {
		s.roles[role] = roleStatement(list)
	}
	sum.Sum(s.sum[:0])
	return s, nil
}

func readFact(p *pgconn.Pipeline, f factReader, r *reading, sum io.Writer) error {
	rr, err := next(p)
	if err != nil {
		return err
	}
	for rr.NextRow() {
		row := rr.Values()[0]
		_, _ = sum.Write(row) // a hash never fails
		if err := f.read(r, row); err != nil {
			return err
		}
	}
	_, err = rr.Close()
	return err
}

// next is the pipeline's next result, which has to be one of rows.
func next(p *pgconn.Pipeline) (*pgconn.ResultReader, error) {
	res, err := p.GetResults()
	if err != nil {
		return nil, err
	}
	rr, ok := res.(*pgconn.ResultReader)
	if !ok {
		return nil, errors.New("the pipeline is out of step")
	}
	return rr, nil
}

// finish reads the pipeline's next result to its end and drops its rows.
func finish(p *pgconn.Pipeline) (pgconn.CommandTag, error) {
	rr, err := next(p)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return rr.Close()
}

// ---- the rows ----

type oid = catalog.OID

type schemaFact struct {
	OID                  oid
	Name, Owner, Comment string
	ACL                  []string
}

func addSchema(r *reading, f *schemaFact) {
	r.Schemas = append(r.Schemas, &catalog.Schema{OID: f.OID, Name: f.Name, Owner: f.Owner, ACL: parseACL(f.ACL), Comment: f.Comment})
}

type roleFact struct {
	OID                   oid
	Name                  string
	Super, Inherit, Login bool
	CreateRole            bool     `json:"create_role"`
	CreateDB              bool     `json:"create_db"`
	BypassRLS             bool     `json:"bypass_rls"`
	MemberOf              []string `json:"member_of"`
	AdminOf               []string `json:"admin_of"`
}

func addRole(r *reading, f *roleFact) {
	r.Roles = append(r.Roles, &catalog.Role{
		OID: f.OID, Name: f.Name, Super: f.Super, Inherit: f.Inherit, CreateRole: f.CreateRole, CreateDB: f.CreateDB, Login: f.Login,
		BypassRLS: f.BypassRLS, MemberOf: f.MemberOf, AdminOf: f.AdminOf,
	})
}

type settingFact struct {
	Role           string
	Settings, Free []string
}

func addSetting(r *reading, f *settingFact) {
	for _, s := range parseSettings(f.Settings) {
		r.Settings = append(r.Settings, catalog.RoleSetting{Role: f.Role, Setting: s})
	}
	if f.Role != "" {
		r.roleSettings[f.Role] = append(r.roleSettings[f.Role], f.Free...)
	}
}

func parseSettings(list []string) []sql.Setting {
	var out []sql.Setting
	for _, s := range list {
		name, value, _ := strings.Cut(s, "=")
		set := sql.Setting{Name: name, Values: []string{value}}
		if name == "search_path" {
			set.Values = identifiers(value)
		}
		out = append(out, set)
	}
	return out
}

// identifiers are the names of a list as PostgreSQL keeps it: separated by commas, quoted where that is needed. A lone "" is an empty name.
func identifiers(list string) []string {
	var out []string
	for rest := list; ; {
		rest = strings.TrimLeft(rest, " ")
		var name string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			name, rest = unquoted(quoted)
		} else {
			n := strings.IndexByte(rest+",", ',')
			name, rest = strings.TrimRight(rest[:n], " "), rest[n:]
		}
		out = append(out, name)
		if rest = strings.TrimLeft(rest, " "); rest == "" {
			return out
		}
		rest = rest[1:] // the comma
	}
}

// unquoted reads a quoted name, whose first quote has been read.
func unquoted(s string) (name, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			if i+1 >= len(s) || s[i+1] != '"' {
				return b.String(), s[i+1:]
			}
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

// roleStatement sets what a role's settings say; "" when there is nothing to set. The search path and the role are the request's own.
func roleStatement(list []string) string {
	var calls []string
	for _, s := range parseSettings(list) {
		if name := strings.ToLower(s.Name); name != "search_path" && name != "role" && name != "session_authorization" && !strings.HasPrefix(name, "request.") {
			calls = append(calls, "pg_catalog.set_config("+sql.QuoteLiteral(s.Name)+", "+sql.QuoteLiteral(s.Values[0])+", true)")
		}
	}
	if calls == nil {
		return ""
	}
	return "SELECT " + strings.Join(calls, ", ")
}

type extensionFact struct{ Name, Schema string }

func addExtension(r *reading, f *extensionFact) {
	r.Extensions = append(r.Extensions, &catalog.Extension{Name: f.Name, Schema: f.Schema})
}

// extensionTypes have fixed OIDs in a catalog, each with its array type next to it.
var extensionTypes = map[string]oid{
	"citext": catalog.CitextOID, "vector": catalog.VectorOID, "halfvec": catalog.HalfvecOID, "hstore": catalog.HstoreOID, "sparsevec": catalog.SparsevecOID,
}

type typeFact struct {
	OID                 oid
	Schema, Name        string
	Kind, Category      string
	Preferred, NotNull  bool
	Elem, Array         oid
	Labels              []string
	Base, Table, Fields oid
	Mod                 int32
	RangeOf             oid `json:"range_of"`
	Owner, Comment      string
	ACL                 []string
}

func addType(r *reading, f *typeFact) {
	if k, ok := extensionTypes[f.Name]; ok && f.Kind == "b" && f.Elem == 0 {
		r.known[f.OID], r.known[f.Array] = k, k+1
	}
	t := &catalog.Type{
		OID: r.typ(f.OID), Schema: f.Schema, Name: f.Name, Kind: catalog.TypeKind(f.Kind[0]), Category: f.Category[0], Preferred: f.Preferred,
		Elem: r.typ(f.Elem), Array: r.typ(f.Array), Labels: f.Labels, NotNull: f.NotNull, Table: f.Table,
		Base: catalog.TypeRef{OID: r.typ(f.Base), Mod: f.Mod}, RangeOf: r.typ(f.RangeOf), Owner: f.Owner, ACL: parseACL(f.ACL), Comment: f.Comment,
	}
	r.Types = append(r.Types, t)
	r.types[f.OID] = t
	if f.Fields != 0 {
		r.fields[f.Fields] = t
	}
}

func (r *reading) typ(o oid) oid {
	if k, ok := r.known[o]; ok {
		return k
	}
	return o
}

func (r *reading) ref(o oid, mod int32) catalog.TypeRef {
	return catalog.TypeRef{OID: r.typ(o), Mod: mod}
}

type tableFact struct {
	OID                         oid
	Schema, Name, Kind          string
	Owner, Comment, Query, Rule string
	RLS                         bool
	ForceRLS                    bool   `json:"force_rls"`
	RowType                     oid    `json:"row_type"`
	ReplicaIdentity             string `json:"replica_identity"`
	IsPartition                 bool   `json:"is_partition"`
	Inherited                   bool
	Plain                       bool // a view of the form that PostgreSQL writes through by itself: it has one relation
	ACL, Options                []string
	Updatable                   int
}

func addTable(r *reading, f *tableFact) {
	t := &catalog.Table{
		OID: f.OID, Schema: f.Schema, Name: f.Name, Kind: catalog.RelKind(f.Kind[0]), Owner: f.Owner, RLS: f.RLS, ForceRLS: f.ForceRLS,
		RowType: f.RowType, ACL: parseACL(f.ACL), Comment: f.Comment, QueryText: f.Query, ReplicaIdentity: f.ReplicaIdentity[0], IsPartition: f.IsPartition, Inherited: f.Inherited,
		// The bits are those of pg_relation_is_updatable: 1 << CmdType.
		Updatable: f.Updatable&4 != 0, Insertable: f.Updatable&8 != 0, Deletable: f.Updatable&16 != 0,
	}
	for _, o := range f.Options {
		switch name, value, _ := strings.Cut(o, "="); name {
		case "security_invoker":
			t.SecurityInvoker = value == "true" || value == "on" || value == "1" || value == "yes"
		case "check_option":
			t.CheckOption = value
		}
	}
	r.Tables = append(r.Tables, t)
	r.tables[f.OID] = t
	if f.Rule != "" {
		r.sources[f.OID] = &viewSource{columns: ruleOrigins(f.Rule), plain: f.Plain}
	}
}

type columnFact struct {
	Rel                                   oid
	Name                                  string
	Num                                   int16
	Type                                  oid
	Mod                                   int32
	NotNull                               bool
	Default, Identity, Collation, Comment string
	Generated                             bool
	Sequence                              oid
	ACL                                   []string
}

func addColumn(r *reading, f *columnFact) {
	c := &catalog.Column{
		Name: f.Name, Num: f.Num, Type: r.ref(f.Type, f.Mod), NotNull: f.NotNull, DefaultText: f.Default, Generated: f.Generated, Sequence: f.Sequence,
		Collation: f.Collation, ACL: parseACL(f.ACL), Comment: f.Comment,
	}
	if f.Identity != "" {
		c.Identity = f.Identity[0]
	}
	if t := r.tables[f.Rel]; t != nil {
		t.Columns = append(t.Columns, c)
		t.NextNum = f.Num + 1
	} else if t := r.fields[f.Rel]; t != nil {
		t.Fields = append(t.Fields, c)
	}
}

type indexFact struct {
	OID, Rel         oid
	Name, Method     string
	Unique           bool
	NullsNotDistinct bool `json:"nulls_not_distinct"`
	Columns          []*string
	Keys             []string
	NKeys            int
	Options          []int16
	Where, Comment   string
	Constraint       oid
}

func addIndex(r *reading, f *indexFact) {
	t := r.tables[f.Rel]
	if t == nil {
		return
	}
	x := &catalog.Index{
		OID: f.OID, Name: f.Name, Unique: f.Unique, NullsNotDistinct: f.NullsNotDistinct, Method: f.Method, Constraint: f.Constraint, Comment: f.Comment,
		Where: unread(f.Where),
	}
	for i, c := range f.Columns {
		if i >= f.NKeys {
			x.Include = append(x.Include, *c) // expressions cannot be included
			continue
		}
		var k sql.IndexKey
		if c != nil {
			k.Column = *c
		} else {
			k.Expr = unread(f.Keys[i])
		}
		if o := f.Options[i]; o&1 != 0 {
			k.Desc = true
			if o&2 == 0 {
				k.Nulls = sql.NullsLast
			}
		} else if o&2 != 0 {
			k.Nulls = sql.NullsFirst
		}
		x.Keys = append(x.Keys, k)
	}
	t.Indexes = append(t.Indexes, x)
}

// unread stands for an expression that is known by its text alone: nothing here evaluates it, and parsing it would cost each start.
func unread(text string) sql.Expr {
	if text == "" {
		return nil
	}
	return &sql.UnsupportedExpr{Feature: text, Pos: sql.NoPos}
}

type constraintFact struct {
	OID, Rel, Domain, Index, Ref oid
	Name, Kind, Expr, Comment    string
	Columns                      []string
	RefColumns                   []string `json:"ref_columns"`
	OnUpdate                     string   `json:"on_update"`
	OnDelete                     string   `json:"on_delete"`
	MatchFull                    bool     `json:"match_full"`
	OnDeleteColumns              []string `json:"on_delete_columns"`
	NullsNotDistinct             bool     `json:"nulls_not_distinct"`
	Deferrable, Deferred         bool
	NotValid                     bool `json:"not_valid"`
}

var fkActions = map[string]sql.FKAction{"a": sql.NoAction, "r": sql.Restrict, "c": sql.Cascade, "n": sql.SetNull, "d": sql.SetDefault}

func addConstraint(r *reading, f *constraintFact) {
	k := &catalog.Constraint{
		OID: f.OID, Name: f.Name, Kind: catalog.ConstraintKind(f.Kind[0]), Columns: f.Columns, ExprText: f.Expr, NullsNotDistinct: f.NullsNotDistinct,
		Deferrable: f.Deferrable, Deferred: f.Deferred, NotValid: f.NotValid, Comment: f.Comment,
	}
	switch k.Kind {
	case catalog.ForeignKey:
		k.RefTable, k.RefColumns, k.MatchFull, k.OnDeleteColumns = f.Ref, f.RefColumns, f.MatchFull, f.OnDeleteColumns
		k.OnUpdate, k.OnDelete = fkActions[f.OnUpdate], fkActions[f.OnDelete]
	case catalog.PrimaryKey, catalog.Unique, catalog.Exclusion:
		k.Index = f.Index
	}
	if t := r.tables[f.Rel]; t != nil {
		t.Constraints = append(t.Constraints, k)
	} else if t := r.types[f.Domain]; t != nil {
		t.Checks = append(t.Checks, k)
	}
}

type functionFact struct {
	OID                          oid
	Schema, Name, Kind, Language string
	Types                        []oid
	Modes, Names                 []string
	Defaults                     []*string
	Returns                      oid
	ReturnsSet                   bool `json:"returns_set"`
	Volatility                   string
	Strict, Definer              bool
	Settings, ACL                []string
	Rows                         float64
	Owner, Comment, Source       string
	Extension                    bool
}

var argModes = map[string]sql.ArgMode{"i": sql.InArg, "o": sql.OutArg, "b": sql.InOutArg, "v": sql.VariadicArg, "t": sql.TableArg}

func addFunction(r *reading, f *functionFact) {
	p := &catalog.Function{
		OID: f.OID, Schema: f.Schema, Name: f.Name, Kind: catalog.FuncKind(f.Kind[0]), Returns: r.ref(f.Returns, -1), ReturnsSet: f.ReturnsSet, Language: f.Language,
		Volatility: f.Volatility[0], Strict: f.Strict, Definer: f.Definer, Settings: parseSettings(f.Settings), Rows: f.Rows, Owner: f.Owner,
		ACL: parseACL(f.ACL), Comment: f.Comment, Source: f.Source, SourcePos: sql.NoPos, Extension: f.Extension,
	}
	for i, t := range f.Types {
		a := catalog.Param{Type: r.ref(t, -1)}
		if i < len(f.Names) {
			a.Name = f.Names[i]
		}
		if i < len(f.Modes) {
			a.Mode = argModes[f.Modes[i]]
		}
		if i < len(f.Defaults) && f.Defaults[i] != nil {
			a.DefaultText = *f.Defaults[i]
		}
		p.Params = append(p.Params, a)
	}
	r.Functions = append(r.Functions, p)
}

type triggerFact struct {
	OID, Rel, Func                  oid
	Name, Args, Definition, Comment string
	Bits                            int
	Columns                         []string
	OldTable                        string `json:"old_table"`
	NewTable                        string `json:"new_table"`
	Constraint, Deferrable          bool
	Deferred                        bool
	Enabled                         string
}

func addTrigger(r *reading, f *triggerFact) {
	t := r.tables[f.Rel]
	if t == nil {
		return
	}
	g := &catalog.Trigger{
		OID: f.OID, Name: f.Name, Columns: f.Columns, Row: f.Bits&1 != 0, When: unread(f.Definition), Func: f.Func, OldTable: f.OldTable, NewTable: f.NewTable,
		Constraint: f.Constraint, Deferrable: f.Deferrable, Deferred: f.Deferred, Enabled: f.Enabled[0], Comment: f.Comment,
	}
	switch { // the bits of pg_trigger.tgtype
	case f.Bits&64 != 0:
		g.Time = sql.InsteadOf
	case f.Bits&2 == 0:
		g.Time = sql.AfterEvent
	}
	for bit, event := range map[int]sql.TriggerEvent{4: sql.OnInsert, 8: sql.OnDelete, 16: sql.OnUpdate, 32: sql.OnTruncate} {
		if f.Bits&bit != 0 {
			g.Events |= event
		}
	}
	if raw, err := hex.DecodeString(f.Args); err == nil && len(raw) > 0 {
		g.Args = strings.Split(strings.TrimSuffix(string(raw), "\x00"), "\x00")
	}
	t.Triggers = append(t.Triggers, g)
}

type policyFact struct {
	OID, Rel                             oid
	Name, Command, Using, Check, Comment string
	Permissive                           bool
	Roles                                []string
}

var commands = map[string]string{"r": "select", "a": "insert", "w": "update", "d": "delete", "*": "all"}

func addPolicy(r *reading, f *policyFact) {
	if t := r.tables[f.Rel]; t != nil {
		t.Policies = append(t.Policies, &catalog.Policy{
			OID: f.OID, Name: f.Name, Command: commands[f.Command], Permissive: f.Permissive, Roles: f.Roles, UsingText: f.Using, CheckText: f.Check, Comment: f.Comment,
			Using: unread(f.Using), Check: unread(f.Check),
		})
	}
}

type sequenceFact struct {
	OID                               oid
	Schema, Name, Owner, Comment      string
	Type                              oid
	Start, Increment, Min, Max, Cache int64
	Cycle                             bool
	OwnerTable                        oid    `json:"owner_table"`
	OwnerColumn                       string `json:"owner_column"`
	ACL                               []string
}

func addSequence(r *reading, f *sequenceFact) {
	r.Sequences = append(r.Sequences, &catalog.Sequence{
		OID: f.OID, Schema: f.Schema, Name: f.Name, Type: f.Type, Start: f.Start, Increment: f.Increment, Min: f.Min, Max: f.Max, Cache: f.Cache, Cycle: f.Cycle,
		OwnerTable: f.OwnerTable, OwnerColumn: f.OwnerColumn, Owner: f.Owner, ACL: parseACL(f.ACL), Comment: f.Comment,
	})
}

type publicationFact struct {
	Name, Owner                      string
	AllTables                        bool `json:"all_tables"`
	Tables                           []oid
	Insert, Update, Delete, Truncate bool
}

func addPublication(r *reading, f *publicationFact) {
	p := &catalog.Publication{Name: f.Name, Owner: f.Owner, AllTables: f.AllTables, Tables: f.Tables}
	for _, e := range []struct {
		on   bool
		name string
	}{{f.Insert, "insert"}, {f.Update, "update"}, {f.Delete, "delete"}, {f.Truncate, "truncate"}} {
		if e.on {
			p.Publish = append(p.Publish, e.name)
		}
	}
	r.Publications = append(r.Publications, p)
}

type castFact struct {
	Source, Target, Func oid
	Context              string
	Extension            bool
}

func addCast(r *reading, f *castFact) {
	r.Casts = append(r.Casts, catalog.CastDef{From: r.typ(f.Source), To: r.typ(f.Target), Func: f.Func, Context: f.Context[0], Extension: f.Extension})
}

type defaultFact struct {
	Owner, Schema, Kind string
	ACL                 []string
}

var defaultKinds = map[string]sql.ObjectKind{"r": sql.KindTable, "S": sql.KindSequence, "f": sql.KindFunction, "T": sql.KindType, "n": sql.KindSchema}

func addDefault(r *reading, f *defaultFact) {
	r.DefaultACLs = append(r.DefaultACLs, catalog.DefaultACL{Owner: f.Owner, Schema: f.Schema, Kind: defaultKinds[f.Kind], ACL: parseACL(f.ACL)})
}

// privilegeLetters are those of aclitem's text form.
var privilegeLetters = map[byte]catalog.Privilege{
	'r': catalog.PrivSelect, 'a': catalog.PrivInsert, 'w': catalog.PrivUpdate, 'd': catalog.PrivDelete, 'D': catalog.PrivTruncate,
	'x': catalog.PrivReferences, 't': catalog.PrivTrigger, 'X': catalog.PrivExecute, 'U': catalog.PrivUsage, 'C': catalog.PrivCreate,
	'c': catalog.PrivConnect, 'T': catalog.PrivTemp, 'm': catalog.PrivMaintain,
}

// parseACL reads aclitems: grantee=letters/grantor, where a star follows a letter that may be granted on.
func parseACL(items []string) catalog.ACL {
	if items == nil {
		return nil
	}
	acl := catalog.ACL{}
	for _, s := range items {
		var g catalog.Grant
		g.Grantee, s = aclName(s)
		s = strings.TrimPrefix(s, "=")
		var last catalog.Privilege
		for ; s != "" && s[0] != '/'; s = s[1:] {
			if s[0] == '*' {
				g.Option |= last
				continue
			}
			last = privilegeLetters[s[0]]
			g.Privs |= last
		}
		g.Grantor, _ = aclName(strings.TrimPrefix(s, "/"))
		acl = append(acl, g)
	}
	return acl
}

// aclName reads a role's name, which is quoted when it holds more than letters, digits and underscores.
func aclName(s string) (name, rest string) {
	if !strings.HasPrefix(s, `"`) {
		n := strings.IndexAny(s, "=/")
		if n < 0 {
			n = len(s)
		}
		return s[:n], s[n:]
	}
	return unquoted(s[1:])
}
