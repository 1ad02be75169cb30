// Package wallet reads and checks the messages with which the owner of a wallet signs in: EIP-4361 for Ethereum, its like for Solana.
//
// Main types in order of meeting them: Message (Parse reads one) and Chain. What a message is for and whether it was used before is for the caller to judge.
//
// Invariants: a message is read line by line in one way only, each field at most once, so that what was signed and what was understood are the same; Verified is true
// only for a signature by the key that the message's address names.
package wallet

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"golang.org/x/crypto/sha3"
)

// Chain is whose wallets sign.
type Chain string

// The chains.
const (
	Ethereum Chain = "ethereum"
	Solana   Chain = "solana"
)

// Message is what a wallet has signed.
type Message struct {
	Chain     Chain
	Raw       string
	Domain    string // host, perhaps with a port
	Address   string // of Ethereum in lower case
	Statement string
	URI       *url.URL
	Network   string // Chain ID
	Nonce     string
	RequestID string
	IssuedAt  time.Time
	NotBefore time.Time // zero for none
	Expires   time.Time // zero for never
	Resources []string
}

// The bounds of a message, in bytes.
const (
	minMessage = 64
	maxMessage = 20 << 10
)

var (
	ethereumAddress = regexp.MustCompile(`^0x[0-9a-fA-F]{40}$`)
	solanaAddress   = regexp.MustCompile(`^[1-9A-HJ-NP-Za-km-z]{32,44}$`)
	domainForm      = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$|^\[[0-9a-f:.]+\](:[0-9]{1,5})?$`)
	ethereumNetwork = regexp.MustCompile(`^[0-9]{1,32}$`)
	solanaNetwork   = regexp.MustCompile(`^(main|test|dev|local)net$|^solana:(main|test|dev|local)net$`)
)

// Parse reads a message of a chain.
func Parse(chain Chain, raw string) (*Message, error) {
	m := &Message{Chain: chain, Raw: raw}
	var name string
	var address *regexp.Regexp
	switch chain {
	case Ethereum:
		name, address = "Ethereum", ethereumAddress
	case Solana:
		name, address = "Solana", solanaAddress
	default:
		return nil, fmt.Errorf("there is no chain %q", chain)
	}
	switch {
	case len(raw) < minMessage:
		return nil, errors.New("message is too short")
	case len(raw) > maxMessage:
		return nil, errors.New("message must not exceed 20KB")
	case strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f || r == 0xfffd }):
		return nil, errors.New("message has characters that cannot be shown")
	}
	lines := strings.Split(raw, "\n")
	if len(lines) < 6 {
		return nil, errors.New("message needs at least 6 lines")
	}
	host, ok := strings.CutSuffix(lines[0], " wants you to sign in with your "+name+" account:")
	if !ok {
		return nil, errors.New("message first line does not say who wants what")
	}
	if _, after, ok := strings.Cut(host, "://"); ok {
		host = after
	}
	if m.Domain = strings.ToLower(host); !domainForm.MatchString(m.Domain) {
		return nil, errors.New("domain in first line of message is not valid")
	}
	if m.Address = lines[1]; !address.MatchString(m.Address) {
		return nil, errors.New("wallet address in message is in an invalid format")
	}
	if chain == Ethereum {
		m.Address = strings.ToLower(m.Address)
	}
	if lines[2] != "" {
		return nil, errors.New("third line must be empty")
	}
	rest := lines[3:]
	switch {
	case rest[0] == "": // no statement, as EIP-4361 writes it
		rest = rest[1:]
	case rest[1] == "":
		m.Statement, rest = rest[0], rest[2:]
	}
	return m, m.fields(rest)
}

// fields reads the lines below the statement.
func (m *Message) fields(lines []string) error {
	have := map[string]string{}
	for i, line := range lines {
		if line == "Resources:" || line == "Resources" { // some clients leave the colon out
			for _, item := range lines[i+1:] {
				address, ok := strings.CutPrefix(item, "- ")
				if !ok {
					return fmt.Errorf("%q is no resource", item)
				}
				m.Resources = append(m.Resources, address)
			}
			break
		}
		key, value, ok := strings.Cut(line, ": ")
		if !ok {
			return fmt.Errorf("line %q cannot be read", line)
		}
		switch key {
		case "URI", "Version", "Chain ID", "Nonce", "Issued At", "Expiration Time", "Not Before", "Request ID":
		default:
			return fmt.Errorf("there is no field %q", key)
		}
		if _, twice := have[key]; twice {
			return fmt.Errorf("field %q is there twice", key)
		}
		have[key] = value
	}
	if have["Version"] != "1" {
		return fmt.Errorf("version %q is not supported", have["Version"])
	}
	network := ethereumNetwork
	if m.Chain == Solana {
		network = solanaNetwork
	}
	m.Network, m.Nonce, m.RequestID = have["Chain ID"], have["Nonce"], have["Request ID"]
	if m.Network != "" && !network.MatchString(m.Network) {
		return errors.New("Chain ID is not valid")
	}
	var err error
	if m.URI, err = url.Parse(have["URI"]); err != nil || m.URI.Scheme == "" || m.URI.Host == "" {
		return errors.New("URI is missing or not valid")
	}
	for key, to := range map[string]*time.Time{"Issued At": &m.IssuedAt, "Expiration Time": &m.Expires, "Not Before": &m.NotBefore} {
		text, ok := have[key]
		if !ok {
			continue
		}
		if *to, err = time.Parse(time.RFC3339, text); err != nil {
			return fmt.Errorf("%s is not a valid ISO8601 timestamp", key)
		}
	}
	switch {
	case m.IssuedAt.IsZero():
		return errors.New("the time Issued At is missing")
	case !m.Expires.IsZero() && m.IssuedAt.After(m.Expires):
		return errors.New("the time Issued At is after Expiration Time")
	case !m.Expires.IsZero() && m.NotBefore.After(m.Expires):
		return errors.New("the time Not Before is after Expiration Time")
	}
	return nil
}

// Verified reports whether the wallet of the message's address has signed it: 65 bytes in hexadecimal for Ethereum, 64 in base64 for Solana. An error says that
// the text is no signature at all.
func (m *Message) Verified(signature string) (bool, error) {
	if m.Chain == Ethereum {
		b, err := hex.DecodeString(strings.TrimPrefix(signature, "0x"))
		if err != nil || len(b) != 65 {
			return false, errors.New("signature must be 65 bytes long, encoded as a 130 character-long hexadecimal string")
		}
		return m.ethereum(b), nil
	}
	text := strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(signature, "="))
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != ed25519.SignatureSize {
		return false, errors.New("signature must be 64 bytes encoded as base64 with or without padding")
	}
	return m.solana(b), nil
}

// ethereum recovers the key of a personal signature (EIP-191) and compares its address.
func (m *Message) ethereum(signature []byte) bool {
	v := signature[64]
	if v < 27 {
		v += 27
	}
	if v != 27 && v != 28 {
		return false
	}
	digest := keccak(fmt.Appendf(nil, "\x19Ethereum Signed Message:\n%d%s", len(m.Raw), m.Raw))
	key, _, err := ecdsa.RecoverCompact(append([]byte{v}, signature[:64]...), digest)
	if err != nil {
		return false
	}
	return "0x"+hex.EncodeToString(keccak(key.SerializeUncompressed()[1:])[12:]) == m.Address
}

func keccak(b []byte) []byte {
	h := sha3.NewLegacyKeccak256()
	h.Write(b)
	return h.Sum(nil)
}

// solana checks a signature of the message itself, or in the envelope in which hardware wallets sign what is no transaction.
func (m *Message) solana(signature []byte) bool {
	key := base58(m.Address)
	if len(key) != ed25519.PublicKeySize {
		return false
	}
	if ed25519.Verify(key, []byte(m.Raw), signature) {
		return true
	}
	domain := make([]byte, 32)
	copy(domain, m.Domain)
	b := append([]byte("\xffsolana offchain\x00"), domain...)
	b = append(b, 0, 1) // ASCII, one signer
	b = append(b, key...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(m.Raw))) // at most maxMessage
	return ed25519.Verify(key, append(b, m.Raw...), signature)
}

const base58Digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58 decodes what solanaAddress has matched.
func base58(text string) []byte {
	n, base := new(big.Int), big.NewInt(58)
	for _, c := range text {
		n.Mul(n, base)
		n.Add(n, big.NewInt(int64(strings.IndexRune(base58Digits, c))))
	}
	zeros := len(text) - len(strings.TrimLeft(text, "1"))
	return append(make([]byte, zeros), n.Bytes()...)
}
