package account

// The project as an identity provider: OAuth 2.1 with OpenID Connect for other programs (RFC 6749, 7636, 9207, 9700; OpenID Connect Core). There is one grant, the
// authorization code with PKCE; redirect addresses are compared exactly; refresh tokens are those of sessions, and so are rotated.

// ProviderRules are a project's rules for other programs.
type ProviderRules struct {
	On bool
	// ConsentPath is the page of the project's site that asks the user, with authorization_id in its query; "" is the server's own.
	ConsentPath string
	// Dynamic lets programs register themselves (RFC 7591).
	Dynamic bool
}

// Discovery is the metadata of the provider (RFC 8414, OpenID Connect Discovery).
func (s *Service) Discovery() map[string]any {
	iss := s.Issuer()
	d := map[string]any{
		"issuer": iss, "authorization_endpoint": iss + "/oauth/authorize", "token_endpoint": iss + "/oauth/token", "userinfo_endpoint": iss + "/oauth/userinfo",
		"jwks_uri": iss + "/.well-known/jwks.json", "introspection_endpoint": iss + "/oauth/introspect", "revocation_endpoint": iss + "/oauth/revoke",
		"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query"}, "grant_types_supported": []string{"authorization_code", "refresh_token"},
		"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": s.keys.IDAlgs(), "scopes_supported": scopes,
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post", "none"}, "code_challenge_methods_supported": []string{"S256"},
		"claims_supported": []string{"sub", "aud", "iss", "exp", "iat", "auth_time", "nonce", "email", "email_verified", "phone_number", "phone_number_verified", "name", "picture", "preferred_username", "updated_at"},
		"authorization_response_iss_parameter_supported": true, "request_uri_parameter_supported": false,
	}
	if s.o.Provider.Dynamic {
		d["registration_endpoint"] = iss + "/oauth/clients/register"
	}
	return d
}
