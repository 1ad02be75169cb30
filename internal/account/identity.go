package account

import (
	"context"
	"net/http"
)

// MayLink refuses where the project does not let users link identities themselves.
func (s *Service) MayLink() error {
	if !s.o.ManualLinking {
		return fail(http.StatusNotFound, "manual_linking_disabled", "Manual linking is disabled")
	}
	return nil
}

// Unlink removes an identity of the user's own; not the last one, and not one whose address is another user's.
func (s *Service) Unlink(ctx context.Context, who *Bearer, id string) error {
	if err := s.MayLink(); err != nil {
		return err
	}
	if !isID(id) {
		return fail(http.StatusNotFound, "validation_failed", "identity_id must be an UUID")
	}
	if who.factors && who.AAL != "aal2" {
		return fail(http.StatusForbidden, "insufficient_aal", "AAL2 required to unlink an identity")
	}
	return s.transact(ctx, func(x *tx) error {
		all, err := find[identityRow](x, schemaAuth, "identities", eq("user_id", who.User.ID))
		if err != nil {
			return err
		}
		if len(all) <= 1 {
			return fail(http.StatusUnprocessableEntity, "single_identity_not_deletable", "User must have at least 1 identity after unlinking")
		}
		gone, err := remove[identityRow](x, schemaAuth, "identities", eq("id", id), eq("user_id", who.User.ID))
		if err != nil {
			return err
		}
		if len(gone) != 1 {
			return fail(http.StatusUnprocessableEntity, "identity_not_found", "Identity doesn't exist")
		}
		v := values{}
		switch gone[0].Provider {
		case "email":
			v["email"], v["email_confirmed_at"], v["encrypted_password"] = nil, nil, nil
		case "phone":
			v["phone"], v["phone_confirmed_at"] = nil, nil
		}
		u := who.User
		if len(v) > 0 {
			if u, err = x.updateUser(s.now(), u.ID, v); err != nil {
				return err
			}
		}
		_, err = x.providers(s.now(), u)
		return err
	})
}
