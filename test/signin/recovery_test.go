package signin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/totp"
)

func TestRecoveryCodes(t *testing.T) {
	both(t, openFactors, func(t *testing.T, s *server) {
		a := s.signUp("ada@example.com")
		token := a.text("access_token")
		s.want("none", s.auth(token, "GET /factors/recovery-codes", nil), 404, "mfa_factor_not_found")
		s.want("codes alone", s.auth(token, "POST /factors/recovery-codes", nil), 422, "mfa_recovery_codes_sole_factor")
		s.want("no code", s.auth(token, "POST /factors/recovery-codes/verify", obj{"code": "k4m9x7qp2ab8ht3z"}), 422, "mfa_verification_failed")

		added := s.want("enroll", s.auth(token, "POST /factors", obj{"factor_type": "totp", "friendly_name": "app"}), 200, "")
		app, secret := added.text("id"), added.text("totp.secret")
		code, err := totp.At(secret, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		c := s.want("challenge", s.auth(token, "POST /factors/"+app+"/challenge", obj{}), 200, "")
		strong := s.want("verify", s.auth(token, "POST /factors/"+app+"/verify", obj{"challenge_id": c.text("id"), "code": code}), 200, "").text("access_token")
		weak := func() string {
			t.Helper()
			return s.want("sign in", s.signIn("ada@example.com", good), 200, "").text("access_token")
		}
		s.want("one factor makes none", s.auth(weak(), "POST /factors/recovery-codes", obj{}), 403, "insufficient_aal")
		s.want("a name that is taken", s.auth(strong, "POST /factors/recovery-codes", obj{"friendly_name": "app"}), 422, "mfa_factor_name_conflict")
		made := s.want("generate", s.auth(strong, "POST /factors/recovery-codes", obj{"friendly_name": "Backup"}), 200, "")
		var codes []string
		for _, v := range made.body["codes"].([]any) {
			codes = append(codes, v.(string))
		}
		if len(codes) != 10 || len(codes[0]) != 16 || made.text("type") != "recovery_code" || made.text("friendly_name") != "Backup" || made.text("total") != "10" {
			t.Fatalf("made %s", made.raw)
		}
		s.want("twice", s.auth(strong, "POST /factors/recovery-codes", obj{}), 422, "mfa_verified_factor_exists")
		if user := s.auth(strong, "GET /user", nil); !strings.Contains(user.raw, `"factor_type":"recovery_code"`) || strings.Contains(user.raw, codes[0]) {
			t.Errorf("user %s", user.raw)
		}

		// A code works once, typed as people type, and ends sessions of one factor.
		other, mine := weak(), weak()
		typed := strings.ToUpper(codes[0][:4]) + "-" + codes[0][4:8] + " " + codes[0][8:12] + "-" + codes[0][12:]
		up := s.want("verify", s.auth(mine, "POST /factors/recovery-codes/verify", obj{"code": typed}), 200, "")
		claims := claimsOf(t, up.text("access_token"))
		if claims["aal"] != "aal2" || !strings.Contains(fmt.Sprint(claims["amr"]), "method:mfa/recovery_code") {
			t.Errorf("claims %v", claims)
		}
		s.want("another session of one factor", s.auth(other, "GET /user", nil), 403, "")
		s.want("the session of two factors stays", s.auth(strong, "GET /user", nil), 200, "")
		s.want("again", s.auth(weak(), "POST /factors/recovery-codes/verify", obj{"code": codes[0]}), 422, "mfa_verification_failed")
		if left := s.want("status", s.auth(strong, "GET /factors/recovery-codes", nil), 200, ""); left.text("remaining") != "9" || left.body["codes"] != nil {
			t.Errorf("status %s", left.raw)
		}

		renewed := s.want("regenerate", s.auth(strong, "POST /factors/recovery-codes/regenerate", nil), 200, "")
		if renewed.text("id") != made.text("id") || strings.Contains(renewed.raw, codes[2]) {
			t.Errorf("renewed %s", renewed.raw)
		}
		s.want("one of before", s.auth(weak(), "POST /factors/recovery-codes/verify", obj{"code": codes[2]}), 422, "mfa_verification_failed")

		// Without the factor that they stand in for there are none.
		s.want("unenroll", s.auth(strong, "DELETE /factors/"+app, nil), 200, "")
		s.want("gone", s.auth(weak(), "GET /factors/recovery-codes", nil), 404, "mfa_factor_not_found")
		fresh := renewed.body["codes"].([]any)[0]
		s.want("worth nothing", s.auth(weak(), "POST /factors/recovery-codes/verify", obj{"code": fresh}), 422, "mfa_verification_failed")
	})
}

func TestRecoveryCodesAreNotGuessed(t *testing.T) {
	both(t, strings.Replace(openFactors, "mfa_failures_day = -1", "mfa_failures_day = 3", 1), func(t *testing.T, s *server) {
		token := s.signUp("ada@example.com").text("access_token")
		for range 3 {
			s.want("wrong", s.auth(token, "POST /factors/recovery-codes/verify", obj{"code": "k4m9x7qp2ab8ht3z"}), 422, "mfa_verification_failed")
		}
		a := s.want("locked", s.auth(token, "POST /factors/recovery-codes/verify", obj{"code": "k4m9x7qp2ab8ht3z"}), 429, "mfa_recovery_codes_locked")
		if a.head.Get("Retry-After") == "" {
			t.Error("it does not say until when")
		}
	})
}

func TestRecoveryCodesCanBeOff(t *testing.T) {
	both(t, openFactors+"[auth.mfa.recovery_codes]\nenroll_enabled = false\nverify_enabled = false\n", func(t *testing.T, s *server) {
		token := s.signUp("ada@example.com").text("access_token")
		s.want("generate", s.auth(token, "POST /factors/recovery-codes", nil), 422, "mfa_recovery_codes_enroll_not_enabled")
		s.want("verify", s.auth(token, "POST /factors/recovery-codes/verify", obj{"code": "x"}), 422, "mfa_recovery_codes_verify_not_enabled")
	})
}

const openFactors = open + "mfa = -1\nmfa_failures_day = -1\n"
