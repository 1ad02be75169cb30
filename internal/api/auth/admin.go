package auth

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/account"
)

// The endpoints of administrators.

func (d *door) admin() {
	d.post("/invite", asAdmin(invite))
	d.post("/admin/generate_link", asAdmin(generateLink))
	d.post("/admin/users", asAdmin(createUser))
	d.get("/admin/users", asAdmin(listUsers))
	d.get("/admin/users/{id}", asAdmin(func(q *request) (any, error) { return d.Accounts.UserByID(q.Context(), q.PathValue("id")) }))
	d.put("/admin/users/{id}", asAdmin(updateUser))
	d.del("/admin/users/{id}", asAdmin(deleteUser))
}

// attributes is what an administrator says of a user.
type attributes struct {
	ID           string         `json:"id"`
	Email        *string        `json:"email"`
	Phone        *string        `json:"phone"`
	Password     *string        `json:"password"`
	PasswordHash string         `json:"password_hash"`
	EmailConfirm *bool          `json:"email_confirm"`
	PhoneConfirm *bool          `json:"phone_confirm"`
	UserMetadata map[string]any `json:"user_metadata"`
	AppMetadata  map[string]any `json:"app_metadata"`
	Role         string         `json:"role"`
	Aud          string         `json:"aud"`
	BanDuration  string         `json:"ban_duration"`
}

func (a *attributes) of() account.Attributes {
	return account.Attributes{
		ID: a.ID, Email: a.Email, Phone: a.Phone, Password: a.Password, PasswordHash: a.PasswordHash, EmailConfirm: a.EmailConfirm, PhoneConfirm: a.PhoneConfirm,
		UserMetadata: a.UserMetadata, AppMetadata: a.AppMetadata, Role: a.Role, Aud: a.Aud, BanDuration: a.BanDuration,
	}
}

func createUser(q *request) (any, error) {
	var a attributes
	if err := q.read(&a); err != nil {
		return nil, err
	}
	return q.door.Accounts.CreateUser(q.Context(), a.of())
}

func updateUser(q *request) (any, error) {
	var a attributes
	if err := q.read(&a); err != nil {
		return nil, err
	}
	return q.door.Accounts.UpdateUser(q.Context(), q.PathValue("id"), a.of())
}

func deleteUser(q *request) (any, error) {
	var b struct {
		Soft bool `json:"should_soft_delete"`
	}
	if err := q.readMaybe(&b); err != nil {
		return nil, err
	}
	return struct{}{}, q.door.Accounts.DeleteUser(q.Context(), q.PathValue("id"), b.Soft)
}

const defaultPage = 50

func listUsers(q *request) (any, error) {
	v := q.URL.Query()
	if strings.HasPrefix(v.Get("page"), "-") || strings.HasPrefix(v.Get("per_page"), "-") {
		return nil, fault.New("validation_failed", "Bad Pagination Parameters: page and per_page are positive numbers").WithStatus(http.StatusBadRequest)
	}
	number, size := positive(v.Get("page"), 1), positive(v.Get("per_page"), defaultPage)
	out, err := q.door.Accounts.ListUsers(q.Context(), number, size, v.Get("filter"))
	if err != nil {
		return nil, err
	}
	paging(q, number, size, out.Total)
	return map[string]any{"users": out.Users, "aud": "authenticated"}, nil
}

func positive(text string, otherwise int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return otherwise
	}
	return n
}

// paging tells the total and where the next and last pages are (RFC 8288).
func paging(q *request, number, size int, total int64) {
	last := max(1, int((total+int64(size)-1)/int64(size)))
	at := func(page int) string {
		return (&url.URL{Path: q.URL.Path, RawQuery: url.Values{"page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(size)}}.Encode()}).String()
	}
	link := ""
	if number < last {
		link = fmt.Sprintf("<%s>; rel=\"next\", ", at(number+1))
	}
	q.w.Header().Set("Link", link+fmt.Sprintf("<%s>; rel=\"last\"", at(last)))
	q.w.Header().Set("X-Total-Count", strconv.FormatInt(total, 10))
}

func invite(q *request) (any, error) {
	var b struct {
		Email string         `json:"email"`
		Data  map[string]any `json:"data"`
	}
	if err := q.read(&b); err != nil {
		return nil, err
	}
	return q.door.Accounts.Invite(q.Context(), b.Email, b.Data, q.redirectTo())
}

// generated is a user with the members of a link beside its own.
type generated struct {
	*account.User
	ActionLink       string `json:"action_link"`
	EmailOTP         string `json:"email_otp"`
	HashedToken      string `json:"hashed_token"`
	VerificationType string `json:"verification_type"`
	RedirectTo       string `json:"redirect_to"`
}

func generateLink(q *request) (any, error) {
	var b struct {
		Type       string         `json:"type"`
		Email      string         `json:"email"`
		NewEmail   string         `json:"new_email"`
		Password   string         `json:"password"`
		Data       map[string]any `json:"data"`
		RedirectTo string         `json:"redirect_to"`
	}
	if err := q.read(&b); err != nil {
		return nil, err
	}
	if b.RedirectTo == "" {
		b.RedirectTo = q.redirectTo()
	}
	l, err := q.door.Accounts.GenerateLink(q.Context(), account.LinkRequest{
		Type: b.Type, Email: b.Email, NewEmail: b.NewEmail, Password: b.Password, Data: b.Data, RedirectTo: b.RedirectTo,
	})
	if err != nil {
		return nil, err
	}
	return generated{User: l.User, ActionLink: l.URL, EmailOTP: l.Code, HashedToken: l.Secret, VerificationType: l.Type, RedirectTo: l.RedirectTo}, nil
}
