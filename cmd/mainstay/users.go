package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/engine/transfer"
	"github.com/mainstay-dev/mainstay/internal/userfile"
)

func usersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "users",
		Short: "List, create, invite, ban, delete, import and export a project's users",
		Long: `Work on the users of a project's database. The embedded database is open for one process at a time: stop the server first. Mails that these commands
cause are sent when the server runs.`,
	}
	cmd.AddCommand(usersListCommand(), usersCreateCommand(), usersInviteCommand(), usersBanCommand(), usersUnbanCommand(), usersDeleteCommand(), usersImportCommand(), usersExportCommand())
	return cmd
}

// withUsers makes the function of a command that works on the users of the project in --dir.
func withUsers(cmd *cobra.Command, run func(cmd *cobra.Command, args []string, users *account.Service) error) {
	var f serverFlags
	var dir string
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return open(cmd, &f, []string{dir}, func(db *mainstay.Database) error {
			users, err := db.Accounts()
			if err != nil {
				return err
			}
			return run(cmd, args, users)
		})
	}
	f.add(cmd)
	cmd.Flags().StringVar(&dir, "dir", ".", "the project's folder")
}

func usersListCommand() *cobra.Command {
	var format, filter string
	var page, size int
	cmd := &cobra.Command{Use: "list", Short: "List users, the newest first", Args: cobra.NoArgs}
	withUsers(cmd, func(cmd *cobra.Command, _ []string, users *account.Service) error {
		found, err := users.ListUsers(cmd.Context(), page, size, filter)
		if err != nil {
			return err
		}
		return printUsers(cmd.OutOrStdout(), format, found)
	})
	cmd.Flags().StringVar(&format, "format", "table", "table, csv or json")
	cmd.Flags().StringVar(&filter, "filter", "", "a part of the address")
	cmd.Flags().IntVar(&page, "page", 1, "which page")
	cmd.Flags().IntVar(&size, "size", 50, "users of a page, at most 1000")
	return cmd
}

func printUsers(out io.Writer, format string, found *account.Users) error {
	names := []string{"id", "email", "phone", "providers", "confirmed", "created", "last_sign_in", "banned_until"}
	row := func(u *account.User) []string {
		providers, _ := u.AppMetadata["providers"].([]any)
		all := make([]string, len(providers))
		for i, p := range providers {
			all[i] = fmt.Sprint(p)
		}
		return []string{u.ID, u.Email, u.Phone, strings.Join(all, " "), day(u.ConfirmedAt), day(&u.CreatedAt), day(u.LastSignInAt), day(u.BannedUntil)}
	}
	switch format {
	case "json":
		lines := json.NewEncoder(out)
		for _, u := range found.Users {
			if err := lines.Encode(u); err != nil {
				return err
			}
		}
		return nil
	case "csv":
		w := csv.NewWriter(out)
		if err := w.Write(names); err != nil {
			return err
		}
		for _, u := range found.Users {
			if err := w.Write(row(u)); err != nil {
				return err
			}
		}
		w.Flush()
		return w.Error()
	case "table":
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, strings.Join(names, "\t"))
		for _, u := range found.Users {
			fmt.Fprintln(w, strings.Join(row(u), "\t"))
		}
		fmt.Fprintf(w, "\n%d of %d users\n", len(found.Users), found.Total)
		return w.Flush()
	}
	return fmt.Errorf("--format: %q is none of table, csv and json", format)
}

func day(t *time.Time) string {
	if t == nil || t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02")
}

func usersCreateCommand() *cobra.Command {
	var mail, phone, data string
	var fromInput, unconfirmed bool
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create a user whose address counts as confirmed",
		Example: `  mainstay users create --email ada@example.com
  mainstay users create --email ada@example.com --password-stdin < password.txt`,
		Args: cobra.NoArgs,
	}
	withUsers(cmd, func(cmd *cobra.Command, _ []string, users *account.Service) error {
		confirmed := !unconfirmed
		a := account.Attributes{Email: &mail, Phone: &phone, EmailConfirm: &confirmed, PhoneConfirm: &confirmed}
		if data != "" {
			if err := json.Unmarshal([]byte(data), &a.UserMetadata); err != nil {
				return fmt.Errorf("--metadata is no JSON object: %w", err)
			}
		}
		if fromInput {
			line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			password := strings.TrimRight(line, "\r\n")
			if password == "" {
				return errors.New("--password-stdin: standard input holds no password")
			}
			a.Password = &password
		}
		u, err := users.CreateUser(cmd.Context(), a)
		if err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), u.ID)
		return nil
	})
	cmd.Flags().StringVar(&mail, "email", "", "address")
	cmd.Flags().StringVar(&phone, "phone", "", "telephone number")
	cmd.Flags().StringVar(&data, "metadata", "", "the user's metadata, as JSON")
	cmd.Flags().BoolVar(&fromInput, "password-stdin", false, "read the password from the first line of standard input (default none: the user recovers one by mail)")
	cmd.Flags().BoolVar(&unconfirmed, "unconfirmed", false, "the address is still to be confirmed")
	return cmd
}

func usersInviteCommand() *cobra.Command {
	var to, data string
	cmd := &cobra.Command{Use: "invite address", Short: "Invite somebody by mail", Args: cobra.ExactArgs(1)}
	withUsers(cmd, func(cmd *cobra.Command, args []string, users *account.Service) error {
		var meta map[string]any
		if data != "" {
			if err := json.Unmarshal([]byte(data), &meta); err != nil {
				return fmt.Errorf("--metadata is no JSON object: %w", err)
			}
		}
		u, err := users.Invite(cmd.Context(), args[0], meta, to)
		if err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), u.ID)
		fmt.Fprintln(cmd.ErrOrStderr(), "the mail is queued; the server sends it")
		return nil
	})
	cmd.Flags().StringVar(&to, "redirect-to", "", "where the mail's link leads")
	cmd.Flags().StringVar(&data, "metadata", "", "the user's metadata, as JSON")
	return cmd
}

func usersBanCommand() *cobra.Command {
	var span time.Duration
	cmd := &cobra.Command{Use: "ban user", Short: "Keep a user (id or address) out, and end all sessions", Args: cobra.ExactArgs(1)}
	withUsers(cmd, func(cmd *cobra.Command, args []string, users *account.Service) error {
		return change(cmd, users, args[0], account.Attributes{BanDuration: span.String()}, "is kept out until "+time.Now().Add(span).UTC().Format(time.DateOnly))
	})
	cmd.Flags().DurationVar(&span, "for", 100*365*24*time.Hour, "for how long")
	return cmd
}

func usersUnbanCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "unban user", Short: "Let a user (id or address) in again", Args: cobra.ExactArgs(1)}
	withUsers(cmd, func(cmd *cobra.Command, args []string, users *account.Service) error {
		return change(cmd, users, args[0], account.Attributes{BanDuration: "none"}, "may come in")
	})
	return cmd
}

func change(cmd *cobra.Command, users *account.Service, who string, a account.Attributes, outcome string) error {
	u, err := users.Find(cmd.Context(), who)
	if err == nil {
		_, err = users.UpdateUser(cmd.Context(), u.ID, a)
	}
	if err == nil {
		fmt.Fprintln(cmd.ErrOrStderr(), who, outcome)
	}
	return err
}

func usersDeleteCommand() *cobra.Command {
	var soft bool
	cmd := &cobra.Command{Use: "delete user", Short: "Delete a user (id or address), with all that hangs on it", Args: cobra.ExactArgs(1)}
	withUsers(cmd, func(cmd *cobra.Command, args []string, users *account.Service) error {
		u, err := users.Find(cmd.Context(), args[0])
		if err == nil {
			err = users.DeleteUser(cmd.Context(), u.ID, soft)
		}
		if err == nil {
			fmt.Fprintln(cmd.ErrOrStderr(), args[0], "is deleted")
		}
		return err
	})
	cmd.Flags().BoolVar(&soft, "soft", false, "keep the row, so that what refers to it stays; everything that tells who it was goes")
	return cmd
}

const importBatch = 200 // users of one transaction

func usersImportCommand() *cobra.Command {
	var from, hashFile string
	var dry bool
	cmd := &cobra.Command{
		Use:   "import file",
		Short: "Import users from a file of Supabase, Firebase or Auth0, or of an export of ours",
		Long: `Import users from JSON (a list, {"users": […]}, or one object a line) or CSV; - is standard input. Passwords come along where the file has their hashes, and are hashed
anew when their users sign in. Users who are there already (by id, address, number or identity) are left as they are: run an import again that was interrupted.
A user who cannot be read or taken in is told with its line, the others are imported.`,
		Example: `  mainstay users import users.csv                                          # rows of auth.users
  mainstay users import --from firebase --firebase-hash hash.txt users.json  # firebase auth:export, and hash_config of the console
  mainstay users import --from auth0 users.ndjson`,
		Args: cobra.ExactArgs(1),
	}
	withUsers(cmd, func(cmd *cobra.Command, args []string, users *account.Service) error {
		o := userfile.Options{From: from, Now: time.Now()}
		if hashFile != "" {
			b, err := os.ReadFile(hashFile)
			if err == nil {
				o.Firebase, err = userfile.ParseFirebaseHash(string(b))
			}
			if err != nil {
				return fmt.Errorf("--firebase-hash: %w", err)
			}
		}
		in := io.Reader(cmd.InOrStdin())
		var size int64
		if args[0] != "-" {
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer func() { _ = f.Close() }() // it was only read
			if info, err := f.Stat(); err == nil {
				size = info.Size()
			}
			in = f
		}
		i := &importing{users: users, dry: dry, name: args[0], errs: cmd.ErrOrStderr(), bar: newBar(cmd.ErrOrStderr(), true), size: size}
		read := &countingReader{Reader: in, n: &i.read}
		err := userfile.Read(read, o, func(u userfile.User) error { return i.take(cmd, u) })
		err = errors.Join(i.flush(cmd), err)
		i.bar.clear()
		done := "imported"
		if dry {
			done = "readable"
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%d %s, %d there already, %d left out, %d refused\n", i.made, done, i.there, i.left, i.refused)
		if err == nil && i.refused > 0 {
			err = fmt.Errorf("%d users were not imported", i.refused)
		}
		return err
	})
	cmd.Flags().StringVar(&from, "from", "supabase", "supabase (and our own export), firebase or auth0")
	cmd.Flags().StringVar(&hashFile, "firebase-hash", "", "file with the parameters of Firebase's password hash")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "read the file and tell what is wrong with it, and import nothing")
	return cmd
}

type countingReader struct {
	io.Reader
	n *int64
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	*r.n += int64(n)
	return n, err
}

// importing is an import under way.
type importing struct {
	users                      *account.Service
	dry                        bool
	name                       string
	errs                       io.Writer
	bar                        *bar
	size, read                 int64 // bytes
	lines                      []int
	batch                      []account.Record
	made, there, left, refused int
}

func (i *importing) refuse(line int, err error) {
	i.refused++
	i.bar.clear()
	fmt.Fprintf(i.errs, "%s:%d: %v\n", i.name, line, err)
}

func (i *importing) take(cmd *cobra.Command, u userfile.User) error {
	switch {
	case u.Err != nil:
		i.refuse(u.Line, u.Err)
	case u.Left:
		i.left++
	default:
		i.lines, i.batch = append(i.lines, u.Line), append(i.batch, u.Record)
	}
	if len(i.batch) < importBatch {
		return nil
	}
	return i.flush(cmd)
}

func (i *importing) flush(cmd *cobra.Command) error {
	defer func() { i.lines, i.batch = i.lines[:0], i.batch[:0] }()
	if i.dry {
		i.made += len(i.batch)
		return nil
	}
	if len(i.batch) == 0 {
		return nil
	}
	moved, err := i.users.Import(cmd.Context(), i.batch)
	for n, m := range moved {
		switch {
		case m.Err != nil:
			i.refuse(i.lines[n], m.Err)
		case m.There:
			i.there++
		default:
			i.made++
		}
	}
	share := ""
	if i.size > 0 {
		share = fmt.Sprintf(", %d%% of the file", min(100, i.read*100/i.size))
	}
	i.bar.show(transfer.Progress{Doing: fmt.Sprintf("%d users imported%s", i.made, share)})
	return err
}

func usersExportCommand() *cobra.Command {
	var file, format string
	var hashes bool
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Export users, one JSON object a line or CSV, as users import reads them",
		Long:  "Export all users with their identities. Second factors and passkeys stay: their secrets are sealed with the project's keys.",
		Args:  cobra.NoArgs,
	}
	withUsers(cmd, func(cmd *cobra.Command, _ []string, users *account.Service) error {
		if format != "json" && format != "csv" {
			return fmt.Errorf("--format: %q is neither json nor csv", format)
		}
		n, err := writeWhole(file, cmd.OutOrStdout(), func(to io.Writer) (int, error) { return exportUsers(cmd, users, to, format, hashes) })
		if err == nil && file != "" {
			fmt.Fprintf(cmd.ErrOrStderr(), "%d users in %s\n", n, file)
		}
		return err
	})
	cmd.Flags().StringVar(&file, "file", "", "file to write (default standard output)")
	cmd.Flags().StringVar(&format, "format", "json", "json or csv")
	cmd.Flags().BoolVar(&hashes, "hashes", false, "the hashes of passwords, too: who has them can guess at leisure")
	return cmd
}

func exportUsers(cmd *cobra.Command, users *account.Service, to io.Writer, format string, hashes bool) (n int, err error) {
	out := bufio.NewWriter(to)
	lines, table := json.NewEncoder(out), csv.NewWriter(out)
	if format == "csv" {
		if err := table.Write(userColumns); err != nil {
			return 0, err
		}
	}
	err = users.Export(cmd.Context(), hashes, func(r account.Record) error {
		n++
		if format == "json" {
			return lines.Encode(r)
		}
		row, err := userRow(r)
		if err != nil {
			return err
		}
		return table.Write(row)
	})
	table.Flush()
	return n, errors.Join(err, table.Error(), out.Flush())
}

// userColumns are those of CSV, named as in auth.users.
var userColumns = []string{
	"id", "aud", "role", "email", "email_confirmed_at", "phone", "phone_confirmed_at", "encrypted_password", "raw_app_meta_data", "raw_user_meta_data", "created_at", "last_sign_in_at", "banned_until",
	"is_sso_user", "is_anonymous", "identities",
}

func userRow(r account.Record) ([]string, error) {
	texts := make([]string, 3)
	for i, v := range []any{r.AppMeta, r.UserMeta, r.Identities} {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		texts[i] = string(b)
	}
	moment := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	return []string{
		r.ID, r.Aud, r.Role, r.Email, moment(r.EmailConfirmedAt), r.Phone, moment(r.PhoneConfirmedAt), r.Password, texts[0], texts[1], moment(r.CreatedAt), moment(r.LastSignInAt), moment(r.BannedUntil),
		fmt.Sprint(r.SSO), fmt.Sprint(r.Anonymous), texts[2],
	}, nil
}
