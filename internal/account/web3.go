package account

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/federation"
	"github.com/mainstay-dev/mainstay/internal/wallet"
)

// Wallets says whose wallets users sign in with.
type Wallets struct{ Ethereum, Solana bool }

// walletProvider is the provider of identities that are wallets.
const walletProvider = "web3"

// byWallet is how the owner of a wallet was proved.
const byWallet = "web3"

// messageAge is how old the message of a wallet may be, or how far ahead. It is remembered for as long, so that nobody uses it again.
const messageAge = 10 * time.Minute

// WalletsOn refuses where nobody signs in with a wallet.
func (s *Service) WalletsOn() error {
	if s.o.Wallets == (Wallets{}) {
		return fail(http.StatusUnprocessableEntity, "web3_provider_disabled", "Web3 provider is disabled")
	}
	return nil
}

// SignInWallet signs in the owner of a wallet, who has signed a message for this project. A message works once.
func (s *Service) SignInWallet(ctx context.Context, c Client, chain, text, signature string) (*Session, error) {
	disabled := func(name string) error {
		return fail(http.StatusUnprocessableEntity, "web3_provider_disabled", "%sWeb3 provider is disabled", name)
	}
	if err := s.WalletsOn(); err != nil {
		return nil, err
	}
	switch {
	case chain == string(wallet.Ethereum) && !s.o.Wallets.Ethereum:
		return nil, disabled("Ethereum ")
	case chain == string(wallet.Solana) && !s.o.Wallets.Solana:
		return nil, disabled("Solana ")
	case chain != string(wallet.Ethereum) && chain != string(wallet.Solana):
		return nil, fail(http.StatusBadRequest, "web3_unsupported_chain", "Unsupported chain")
	}
	if err := s.take(ctx, "web3", c.network(), s.o.Limits.Wallets, fiveMinutes); err != nil {
		return nil, err
	}
	m, err := wallet.Parse(wallet.Chain(chain), text)
	if err != nil {
		return nil, invalid("%v", err)
	}
	ok, err := m.Verified(signature)
	if err != nil {
		return nil, invalid("%v", err)
	}
	if !ok {
		return nil, badGrant("Signature does not match address in message")
	}
	if err := s.messageFits(m); err != nil {
		return nil, err
	}
	subject := strings.Join([]string{walletProvider, chain, m.Address}, ":")
	person := &federation.Person{Provider: walletProvider, Subject: subject, Data: map[string]any{
		"sub": subject, "provider_id": subject, "email_verified": false, "phone_verified": false,
		"custom_claims": map[string]any{"address": m.Address, "chain": chain, "network": m.Network, "domain": m.Domain, "statement": m.Statement},
	}}
	var out *Session
	var refused error
	err = s.transact(ctx, func(x *tx) error {
		out, refused = nil, nil
		// Not the signature: one message has many.
		used, err := s.count(x, "web3-used:"+digest(text), 1, m.IssuedAt.Add(messageAge).Sub(s.now())+time.Minute)
		if err != nil {
			return err
		}
		if used > 0 {
			refused = badGrant("Message was used already, sign another one")
			return nil
		}
		u, err := s.known(x, person, &flowRow{})
		if err != nil {
			return err
		}
		out, err = s.signIn(x, c, u, byWallet)
		return err
	})
	return settled(out, refused, err)
}

func badGrant(message string) error {
	return fail(http.StatusBadRequest, "invalid_grant", "%s", message)
}

// messageFits reports whether a message was signed for this project, and lately. A wallet's owner who signs for another site signs in nowhere else.
func (s *Service) messageFits(m *wallet.Message) error {
	now := s.now()
	local := m.URI.Hostname() == "localhost" || net.ParseIP(m.URI.Hostname()).IsLoopback()
	switch {
	case m.URI.Scheme != "https" && !(local && m.URI.Scheme == "http"):
		return badGrant("Signed message is using URI which does not use HTTPS")
	case !s.allowed(m.URI.String()):
		return badGrant("Signed message is using URI which is not allowed on this server, message was signed for another app")
	case !strings.EqualFold(m.URI.Host, m.Domain), !s.allowed((&url.URL{Scheme: m.URI.Scheme, Host: m.Domain, Path: "/"}).String()):
		return badGrant("Signed message is using a Domain that does not match the one in URI which is not allowed on this server")
	case now.Before(m.NotBefore):
		return badGrant("Signed message becomes valid in the future")
	case !m.Expires.IsZero() && !now.Before(m.Expires):
		return badGrant("Signed message is expired")
	case now.After(m.IssuedAt.Add(messageAge)):
		return badGrant("Message was issued too long ago")
	case m.IssuedAt.After(now.Add(messageAge)):
		return badGrant("Message was issued too far in the future")
	}
	return nil
}
