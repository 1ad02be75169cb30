// Package userfile reads the files in which other systems give their users away: Supabase's (rows of auth.users, or users as its administration API shows them; also our own
// export), Firebase's and Auth0's, as JSON or CSV.
//
// Read gives the users one after the other. Main types: Options, FirebaseHash, User.
//
// Invariants: what is read is held one user at a time, whatever the size of the file; a user that cannot be read is given with the error and the line, and the next ones follow;
// a user who has no UUID gets the same one each time.
package userfile

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/account"
)

// Options say what is in a file.
type Options struct {
	From     string        // supabase, firebase or auth0
	Firebase *FirebaseHash // with what Firebase hashes its passwords; nil: not known
	Now      time.Time
}

// User is a user of a file.
type User struct {
	Line   int
	Record account.Record
	Left   bool // out: the other system has deleted the user
	Err    error
}

// object is a user of a file before its members are understood: of CSV all are texts.
type object map[string]any

// Read gives the users of a file. An error of each ends it.
func Read(r io.Reader, o Options, each func(User) error) error {
	of, ok := map[string]func(object, *Options) (account.Record, bool, error){"supabase": supabase, "firebase": firebase, "auth0": auth0}[o.From]
	if !ok {
		return fmt.Errorf("users come from supabase, firebase or auth0, not %q", o.From)
	}
	in := bufio.NewReaderSize(r, 64<<10)
	if bom, err := in.Peek(3); err == nil && string(bom) == "\ufeff" {
		_, _ = in.Discard(3) // they were just seen
	}
	give := func(line int, m object, err error) error {
		u := User{Line: line, Err: err}
		if err == nil {
			u.Record, u.Left, u.Err = of(m, &o)
		}
		return each(u)
	}
	head, err := in.Peek(4 << 10)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	text := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(text) == 0:
		return errors.New("the file is empty")
	case text[0] == '[' || wrapped.Match(text):
		return readArray(in, give)
	case text[0] == '{':
		return readLines(in, give)
	}
	return readCSV(in, o.From, give)
}

// wrapped is a document whose member users is the list.
var wrapped = regexp.MustCompile(`^\{\s*"users"\s*:`)

const maxLine = 4 << 20 // bytes of one user

// readLines reads one object a line.
func readLines(in io.Reader, give func(int, object, error) error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	n := 0
	for lines.Scan() {
		n++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		m, err := parse(text)
		if err := give(n, m, err); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	return nil
}

func parse(text []byte) (object, error) {
	var m object
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("no JSON object: %w", err)
	}
	if m == nil {
		return nil, errors.New("no JSON object but null")
	}
	return m, nil
}

// lineCounter knows which line of what was read a place is in.
type lineCounter struct {
	io.Reader
	read int64
	ends []int64 // places of line ends
}

func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			c.ends = append(c.ends, c.read+int64(i))
		}
	}
	c.read += int64(n)
	return n, err
}

func (c *lineCounter) line(at int64) int {
	return sort.Search(len(c.ends), func(i int) bool { return c.ends[i] >= at }) + 1
}

// readArray reads a list, or an object with a list. What is wrong in one of its members is that member's; a list that is broken ends there.
func readArray(in io.Reader, give func(int, object, error) error) error {
	count := &lineCounter{Reader: in}
	d := json.NewDecoder(count)
	broken := func(err error) error {
		if err == nil {
			return nil
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("line %d: the list of users is broken: %w", count.line(d.InputOffset()), err)
	}
	for {
		t, err := d.Token()
		if err != nil {
			return broken(err)
		}
		if t == json.Delim('[') {
			break
		}
	}
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return broken(err)
		}
		m, err := parse(raw)
		if err := give(count.line(d.InputOffset()-int64(len(raw))), m, err); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return broken(err)
}

// readCSV reads a table. Its first line names the columns, but for Firebase's, which has none.
func readCSV(in io.Reader, from string, give func(int, object, error) error) error {
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	names := firebaseColumns
	if from != "firebase" {
		first, err := r.Read()
		if err != nil {
			return fmt.Errorf("the names of the columns: %w", err)
		}
		names = append([]string{}, first...)
		if !has(names, "email") && !has(names, "id") && !has(names, "user_id") {
			return fmt.Errorf("the first line names no column email, id or user_id: %s", strings.Join(names, ","))
		}
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			if err := give(wrong.StartLine, nil, wrong.Err); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		line, _ := r.FieldPos(0)
		m := object{}
		for i, v := range row {
			if i < len(names) && v != "" && v != `\N` {
				m[names[i]] = v
			}
		}
		err = nil
		if from != "firebase" && len(row) != len(names) {
			err = fmt.Errorf("%d fields, where the first line names %d columns", len(row), len(names))
		}
		if err := give(line, m, err); err != nil {
			return err
		}
	}
}

func has(list []string, name string) bool {
	for _, n := range list {
		if n == name {
			return true
		}
	}
	return false
}

// ---- members ----

// text is the first of the members that there is, as text.
func (m object) text(names ...string) string {
	for _, name := range names {
		switch v := m[name].(type) {
		case string:
			if v != "" {
				return v
			}
		case float64:
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return ""
}

func (m object) truth(names ...string) bool {
	for _, name := range names {
		switch v := m[name].(type) {
		case bool:
			return v
		case string:
			return strings.EqualFold(v, "true") || v == "t" || v == "1"
		}
	}
	return false
}

// object is a member that is an object, or the text of one.
func (m object) object(names ...string) (map[string]any, error) {
	for _, name := range names {
		switch v := m[name].(type) {
		case map[string]any:
			return v, nil
		case string:
			var o map[string]any
			if err := json.Unmarshal([]byte(v), &o); err != nil {
				return nil, fmt.Errorf("%s is no JSON object: %w", name, err)
			}
			return o, nil
		}
	}
	return map[string]any{}, nil
}

func (m object) list(name string) []object {
	var all []object
	if text, ok := m[name].(string); ok {
		_ = json.Unmarshal([]byte(text), &all) // what is no list has none
		return all
	}
	v, _ := m[name].([]any)
	for _, e := range v {
		if o, ok := e.(map[string]any); ok {
			all = append(all, o)
		}
	}
	return all
}

// forms are those in which the systems write moments.
var forms = []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999 -0700 MST"}

// moment is a point in time: a text, or milliseconds since 1970 as a number.
func (m object) moment(names ...string) (*time.Time, error) {
	for _, name := range names {
		text := m.text(name)
		if o, ok := m[name].(map[string]any); ok { // MongoDB's form, in which Auth0 exports
			text = object(o).text("$date")
		}
		if text == "" {
			continue
		}
		if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
			t := time.UnixMilli(ms).UTC()
			return &t, nil
		}
		for _, form := range forms {
			if t, err := time.Parse(form, text); err == nil {
				t = t.UTC()
				return &t, nil
			}
		}
		return nil, fmt.Errorf("%s: %q is no point in time", name, text)
	}
	return nil, nil
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// idOf is the id of a user whom another system knows by a name of its own: the same each time (RFC 9562 §5.5, of the name in the namespace of URLs).
func idOf(system, name string) string {
	if uuid.MatchString(name) {
		return strings.ToLower(name)
	}
	space, _ := hex.DecodeString("6ba7b8119dad11d180b400c04fd430c8") // RFC 9562 §6.6
	sum := sha1.Sum(append(space, "urn:"+system+":"+name...))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// moments reads several at once.
func (m object) moments(into map[string]**time.Time) error {
	for name, to := range into {
		t, err := m.moment(name)
		if err != nil {
			return err
		}
		*to = t
	}
	return nil
}

// either is a, or b where a is nil.
func either(a, b *time.Time) *time.Time {
	if a != nil {
		return a
	}
	return b
}

// ---- Supabase ----

func supabase(m object, _ *Options) (account.Record, bool, error) {
	r := account.Record{
		ID: m.text("id"), Aud: m.text("aud"), Role: m.text("role"), Email: m.text("email"), Phone: m.text("phone"), Password: m.text("encrypted_password", "password_hash"),
		SSO: m.truth("is_sso_user"), Anonymous: m.truth("is_anonymous"),
	}
	if m["deleted_at"] != nil && m.text("deleted_at") != "" {
		return r, true, nil
	}
	var err error
	if r.AppMeta, err = m.object("raw_app_meta_data", "app_metadata"); err != nil {
		return r, false, err
	}
	if r.UserMeta, err = m.object("raw_user_meta_data", "user_metadata"); err != nil {
		return r, false, err
	}
	if err := m.moments(map[string]**time.Time{
		"email_confirmed_at": &r.EmailConfirmedAt, "phone_confirmed_at": &r.PhoneConfirmedAt, "created_at": &r.CreatedAt, "last_sign_in_at": &r.LastSignInAt, "banned_until": &r.BannedUntil,
	}); err != nil {
		return r, false, err
	}
	for _, i := range m.list("identities") {
		data, err := i.object("identity_data")
		if err != nil {
			return r, false, err
		}
		subject := i.text("provider_id")
		if subject == "" {
			subject = i.text("id") // as the administration API names it
		}
		r.Identities = append(r.Identities, account.RecordIdentity{Provider: i.text("provider"), Subject: subject, Data: data})
	}
	// A table of users alone does not name their identities, but what their first provider said of them.
	provider, _ := r.AppMeta["provider"].(string)
	if len(r.Identities) == 0 && provider != "" && provider != "email" && provider != "phone" {
		if subject := object(r.UserMeta).text("provider_id", "sub"); subject != "" {
			r.Identities = []account.RecordIdentity{{Provider: provider, Subject: subject, Data: r.UserMeta}}
		}
	}
	return r, false, nil
}

// ---- Firebase ----

// FirebaseHash are the parameters of Firebase's scrypt, which its console shows.
type FirebaseHash struct {
	SignerKey, SaltSeparator string // base64
	Rounds, MemCost          int
}

var parameter = regexp.MustCompile(`(?m)"?\b(algorithm|base64_signer_key|base64_salt_separator|rounds|mem_cost)\b"?\s*[:=]\s*"?([A-Za-z0-9+/=_-]+)"?`)

// ParseFirebaseHash reads the parameters as the console shows them (hash_config { … }), or as JSON with the same names.
func ParseFirebaseHash(text string) (*FirebaseHash, error) {
	f := &FirebaseHash{}
	for _, p := range parameter.FindAllStringSubmatch(text, -1) {
		var err error
		switch name, v := p[1], p[2]; name {
		case "algorithm":
			if v != "SCRYPT" {
				return nil, fmt.Errorf("the algorithm %s is not Firebase's SCRYPT", v)
			}
		case "base64_signer_key":
			f.SignerKey = v
		case "base64_salt_separator":
			f.SaltSeparator = v
		case "rounds":
			f.Rounds, err = strconv.Atoi(v)
		case "mem_cost":
			f.MemCost, err = strconv.Atoi(v)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p[1], err)
		}
	}
	if f.SignerKey == "" || f.Rounds == 0 || f.MemCost == 0 {
		return nil, errors.New("the parameters of Firebase's hash are base64_signer_key, base64_salt_separator, rounds and mem_cost, of which some are missing")
	}
	return f, nil
}

// hash is a hash in the form in which the ecosystem keeps Firebase's.
func (f *FirebaseHash) hash(salt, hash string) string {
	return fmt.Sprintf("$fbscrypt$v=1,n=%d,r=%d,p=1,ss=%s,sk=%s$%s$%s", f.MemCost, f.Rounds, f.SaltSeparator, f.SignerKey, standard(salt), standard(hash))
}

// standard is base64 in its standard alphabet: exports are in that of URLs.
func standard(text string) string {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(text), "="))
	if err != nil {
		return text // told when the hash is checked
	}
	return base64.StdEncoding.EncodeToString(b)
}

// firebaseColumns are those of Firebase's table, which has no line of names.
var firebaseColumns = []string{
	"localId", "email", "emailVerified", "passwordHash", "salt", "displayName", "photoUrl",
	"google.com", "google.com email", "google.com name", "google.com photo", "facebook.com", "facebook.com email", "facebook.com name", "facebook.com photo",
	"twitter.com", "twitter.com email", "twitter.com name", "twitter.com photo", "github.com", "github.com email", "github.com name", "github.com photo",
	"createdAt", "lastSignedInAt", "phoneNumber", "disabled", "customAttributes",
}

var firebaseProviders = map[string]string{
	"google.com": "google", "facebook.com": "facebook", "twitter.com": "twitter", "github.com": "github", "apple.com": "apple", "microsoft.com": "azure", "linkedin.com": "linkedin_oidc",
}

func firebase(m object, o *Options) (account.Record, bool, error) {
	id := m.text("localId", "uid")
	r := account.Record{ID: idOf("firebase", id), Email: m.text("email"), Phone: m.text("phoneNumber"), UserMeta: map[string]any{}, AppMeta: map[string]any{"firebase_uid": id}}
	if id == "" {
		return r, false, errors.New("the user has no localId")
	}
	if err := m.moments(map[string]**time.Time{"createdAt": &r.CreatedAt}); err != nil {
		return r, false, err
	}
	var err error
	if r.LastSignInAt, err = m.moment("lastSignedInAt", "lastLoginAt"); err != nil {
		return r, false, err
	}
	since := either(r.CreatedAt, &o.Now)
	if m.truth("emailVerified") {
		r.EmailConfirmedAt = since
	}
	if r.Phone != "" {
		r.PhoneConfirmedAt = since // a number is one's there by a code
	}
	profile(r.UserMeta, m.text("displayName"), m.text("photoUrl", "photoURL"))
	claims, err := m.object("customAttributes")
	if err != nil {
		return r, false, err
	}
	if len(claims) > 0 {
		r.AppMeta["claims"] = claims
	}
	if hash := m.text("passwordHash"); hash != "" {
		if o.Firebase == nil {
			return r, false, errors.New("the user has a password, which needs the parameters of the project's hash (--firebase-hash)")
		}
		r.Password = o.Firebase.hash(m.text("salt"), hash)
	}
	if m.truth("disabled") {
		r.BannedUntil = forever(o.Now)
	}
	for name := range firebaseProviders {
		if subject := m.text(name); subject != "" {
			r.Identities = append(r.Identities, identity(firebaseProviders[name], subject, m.text(name+" email"), m.text(name+" name"), m.text(name+" photo")))
		}
	}
	for _, p := range m.list("providerUserInfo") {
		provider, known := firebaseProviders[p.text("providerId")]
		switch name := p.text("providerId"); {
		case name == "password" || name == "phone" || name == "":
			continue
		case !known:
			provider = strings.TrimPrefix(name, "oidc.")
		}
		r.Identities = append(r.Identities, identity(provider, p.text("rawId"), p.text("email"), p.text("displayName"), p.text("photoUrl", "photoURL")))
	}
	sort.Slice(r.Identities, func(i, j int) bool { return r.Identities[i].Provider < r.Identities[j].Provider })
	return r, false, nil
}

func profile(into map[string]any, name, picture string) {
	if name != "" {
		into["name"], into["full_name"] = name, name
	}
	if picture != "" {
		into["picture"], into["avatar_url"] = picture, picture
	}
}

func identity(provider, subject, mail, name, picture string) account.RecordIdentity {
	data := map[string]any{"sub": subject, "provider_id": subject}
	if mail != "" {
		data["email"] = mail
	}
	profile(data, name, picture)
	return account.RecordIdentity{Provider: provider, Subject: subject, Data: data}
}

// forever is as long as users are closed out who are closed out without an end.
func forever(now time.Time) *time.Time {
	t := now.AddDate(100, 0, 0)
	return &t
}

// ---- Auth0 ----

var auth0Providers = map[string]string{"google-oauth2": "google", "windowslive": "azure", "waad": "azure", "linkedin": "linkedin_oidc"}

func auth0(m object, o *Options) (account.Record, bool, error) {
	id := m.text("user_id")
	if own, ok := m["_id"].(map[string]any); ok && id == "" {
		id = "auth0|" + object(own).text("$oid")
	}
	if id == "" && m.text("Id") != "" { // of the export of a table
		id = m.text("Id")
	}
	r := account.Record{
		ID: idOf("auth0", id), Email: m.text("email", "Email"), Phone: m.text("phone_number"), Password: m.text("passwordHash", "password_hash"), AppMeta: map[string]any{"auth0_user_id": id},
		UserMeta: map[string]any{},
	}
	if id == "" {
		if r.Email == "" {
			return r, false, errors.New("the user has neither user_id nor email")
		}
		r.ID = idOf("auth0", strings.ToLower(r.Email))
		delete(r.AppMeta, "auth0_user_id")
	}
	var err error
	if r.CreatedAt, err = m.moment("created_at", "Created At"); err != nil {
		return r, false, err
	}
	if r.LastSignInAt, err = m.moment("last_login"); err != nil {
		return r, false, err
	}
	since := either(r.CreatedAt, &o.Now)
	if m.truth("email_verified", "Email Verified") {
		r.EmailConfirmedAt = since
	}
	if r.Phone != "" && m.truth("phone_verified") {
		r.PhoneConfirmedAt = since
	}
	if m.truth("blocked") {
		r.BannedUntil = forever(o.Now)
	}
	own, err := m.object("user_metadata")
	if err != nil {
		return r, false, err
	}
	app, err := m.object("app_metadata")
	if err != nil {
		return r, false, err
	}
	profile(r.UserMeta, m.text("name", "Name", "nickname"), m.text("picture"))
	for k, v := range own {
		r.UserMeta[k] = v
	}
	for k, v := range app {
		if k != "provider" && k != "providers" {
			r.AppMeta[k] = v
		}
	}
	if r.Password == "" {
		if r.Password, err = customHash(m); err != nil {
			return r, false, err
		}
	}
	for _, i := range m.list("identities") {
		name := i.text("provider")
		if name == "auth0" || name == "email" || name == "sms" || name == "" {
			continue
		}
		if known := auth0Providers[name]; known != "" {
			name = known
		}
		data, err := i.object("profileData")
		if err != nil {
			return r, false, err
		}
		who := identity(name, i.text("user_id"), object(data).text("email"), object(data).text("name"), object(data).text("picture"))
		if who.Data["email"] == nil && r.Email != "" {
			who.Data["email"] = r.Email
		}
		r.Identities = append(r.Identities, who)
	}
	return r, false, nil
}

// customHash is a password of the form in which Auth0 takes users in.
func customHash(m object) (string, error) {
	c, ok := m["custom_password_hash"].(map[string]any)
	if !ok {
		return "", nil
	}
	algorithm := object(c).text("algorithm")
	h, _ := c["hash"].(map[string]any)
	if algorithm != "bcrypt" && algorithm != "argon2" {
		return "", fmt.Errorf("the password is hashed with %q, which is neither bcrypt nor argon2", algorithm)
	}
	return object(h).text("value"), nil
}
