package auth

import (
	"encoding/json"
	"net/http"

	"github.com/mainstay-dev/mainstay/internal/account"
)

// The endpoints of second factors and passkeys.

func (d *door) factors() {
	d.post("/factors", asUser(enroll))
	d.post("/factors/{id}/challenge", asUser(challengeFactor))
	d.post("/factors/{id}/verify", asUser(verifyFactor))
	d.del("/factors/{id}", asUser(func(q *request, who *account.Bearer) (any, error) {
		id := q.PathValue("id")
		return map[string]string{"id": id}, d.Accounts.Unenroll(q.Context(), who, id)
	}))
	d.get("/factors/recovery-codes", asUser(func(q *request, who *account.Bearer) (any, error) { return d.Accounts.Recovery(q.Context(), who) }))
	d.post("/factors/recovery-codes", asUser(func(q *request, who *account.Bearer) (any, error) {
		var b struct {
			FriendlyName string `json:"friendly_name"`
		}
		if err := q.readMaybe(&b); err != nil {
			return nil, err
		}
		return d.Accounts.NewRecovery(q.Context(), who, b.FriendlyName, false)
	}))
	d.post("/factors/recovery-codes/regenerate", asUser(func(q *request, who *account.Bearer) (any, error) {
		return d.Accounts.NewRecovery(q.Context(), who, "", true)
	}))
	d.post("/factors/recovery-codes/verify", asUser(func(q *request, who *account.Bearer) (any, error) {
		var b struct {
			Code string `json:"code"`
		}
		if err := q.read(&b); err != nil {
			return nil, err
		}
		return d.Accounts.VerifyRecovery(q.Context(), who, b.Code)
	}))
	d.del("/factors/recovery-codes", asUser(func(q *request, who *account.Bearer) (any, error) {
		id, err := d.Accounts.DropRecovery(q.Context(), who)
		return map[string]string{"id": id}, err
	}))
	d.get("/admin/users/{id}/factors", asAdmin(func(q *request) (any, error) { return d.Accounts.FactorsOf(q.Context(), q.PathValue("id")) }))
	d.del("/admin/users/{id}/factors/{factor}", asAdmin(func(q *request) (any, error) {
		return d.Accounts.DropFactor(q.Context(), q.PathValue("id"), q.PathValue("factor"))
	}))

	d.post("/passkeys/registration/options", asUser(func(q *request, who *account.Bearer) (any, error) { return d.Accounts.BeginPasskey(q.Context(), who) }))
	d.post("/passkeys/registration/verify", asUser(func(q *request, who *account.Bearer) (any, error) {
		b, err := readAnswer(q)
		if err != nil {
			return nil, err
		}
		return d.Accounts.AddPasskey(q.Context(), who, b.ChallengeID, b.Credential)
	}))
	d.post("/passkeys/authentication/options", d.human(func(q *request) (any, error) { return d.Accounts.AskPasskey(q.Context(), q.client) }))
	d.post("/passkeys/authentication/verify", func(q *request) (any, error) {
		b, err := readAnswer(q)
		if err != nil {
			return nil, err
		}
		return d.Accounts.SignInPasskey(q.Context(), q.client, b.ChallengeID, b.Credential)
	})
	d.get("/passkeys", asUser(func(q *request, who *account.Bearer) (any, error) {
		return d.Accounts.PasskeysOf(q.Context(), who.ID())
	}))
	d.patch("/passkeys/{id}", asUser(func(q *request, who *account.Bearer) (any, error) {
		var b struct {
			FriendlyName string `json:"friendly_name"`
		}
		if err := q.read(&b); err != nil {
			return nil, err
		}
		return d.Accounts.RenamePasskey(q.Context(), who, q.PathValue("id"), b.FriendlyName)
	}))
	d.del("/passkeys/{id}", asUser(func(q *request, who *account.Bearer) (any, error) {
		return nothing(q, d.Accounts.DropPasskey(q.Context(), who, "", q.PathValue("id")))
	}))
	d.get("/admin/users/{id}/passkeys", asAdmin(func(q *request) (any, error) { return d.Accounts.PasskeysOf(q.Context(), q.PathValue("id")) }))
	d.del("/admin/users/{id}/passkeys/{passkey}", asAdmin(func(q *request) (any, error) {
		return nothing(q, d.Accounts.DropPasskey(q.Context(), nil, q.PathValue("id"), q.PathValue("passkey")))
	}))
}

// nothing answers without a body.
func nothing(q *request, err error) (any, error) {
	if err == nil {
		q.w.WriteHeader(http.StatusNoContent)
	}
	return nil, err
}

type answerBody struct {
	ChallengeID string          `json:"challenge_id"`
	Credential  json.RawMessage `json:"credential"`
}

func readAnswer(q *request) (*answerBody, error) {
	b := &answerBody{}
	return b, q.read(b)
}

func enroll(q *request, who *account.Bearer) (any, error) {
	var b struct {
		FriendlyName string `json:"friendly_name"`
		FactorType   string `json:"factor_type"`
		Issuer       string `json:"issuer"`
		Phone        string `json:"phone"`
	}
	if err := q.read(&b); err != nil {
		return nil, err
	}
	return q.door.Accounts.Enroll(q.Context(), who, account.NewFactor{Type: b.FactorType, FriendlyName: b.FriendlyName, Issuer: b.Issuer, Phone: b.Phone})
}

func challengeFactor(q *request, who *account.Bearer) (any, error) {
	var b struct {
		Channel string `json:"channel"`
	}
	if err := q.readMaybe(&b); err != nil {
		return nil, err
	}
	return q.door.Accounts.Challenge(q.Context(), q.client, who, q.PathValue("id"), b.Channel)
}

func verifyFactor(q *request, who *account.Bearer) (any, error) {
	var b struct {
		ChallengeID string `json:"challenge_id"`
		Code        string `json:"code"`
		WebAuthn    struct {
			Credential json.RawMessage `json:"credential_response"`
		} `json:"webauthn"`
	}
	if err := q.read(&b); err != nil {
		return nil, err
	}
	return q.door.Accounts.VerifyFactor(q.Context(), q.client, who, q.PathValue("id"), account.FactorProof{Challenge: b.ChallengeID, Code: b.Code, Key: b.WebAuthn.Credential})
}
