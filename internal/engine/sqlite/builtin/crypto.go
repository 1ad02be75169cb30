package builtin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"strconv"
	"strings"

	//lint:ignore SA1019 crypt() of type bf is defined over this cipher; package bcrypt does not take a salt
	"golang.org/x/crypto/blowfish"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// registerCrypto registers pgcrypto and the name-based UUIDs of uuid-ossp.
func registerCrypto(r registry) {
	r.fn("digest(text,text) digest(bytea,text)", func(_ *Ctx, a []datum) (datum, error) {
		h, err := hasher(a[1].Str())
		if err != nil {
			return value.Null, err
		}
		s := h()
		s.Write([]byte(a[0].Str()))
		return value.Blob(s.Sum(nil)), nil
	})
	r.fn("hmac(text,text,text) hmac(bytea,bytea,text)", func(_ *Ctx, a []datum) (datum, error) {
		h, err := hasher(a[2].Str())
		if err != nil {
			return value.Null, err
		}
		s := hmac.New(h, []byte(a[1].Str()))
		s.Write([]byte(a[0].Str()))
		return value.Blob(s.Sum(nil)), nil
	})
	r.fn("gen_random_bytes(int4)", func(c *Ctx, a []datum) (datum, error) {
		n := a[0].Int64()
		if n < 1 || n > 1024 {
			return value.Null, fault.New("39000", "Length not in range")
		}
		b, err := c.random(int(n))
		return value.Blob(b), err
	})
	// Of supabase_vault: message or ciphertext, additional data, key, context, nonce. There is one key.
	bound := func(a []datum) []byte { return []byte(a[3].Str() + "\x00" + a[4].Str() + "\x00" + a[1].Str()) }
	r.fn("_crypto_aead_det_encrypt(bytea,bytea,int8,bytea,bytea)", func(c *Ctx, a []datum) (datum, error) {
		if c.Sealer == nil {
			return value.Null, unsupported("encryption of secrets is not supported here")
		}
		b, err := c.Sealer.Seal([]byte(a[0].Str()), bound(a))
		return value.Blob(b), err
	})
	r.fn("_crypto_aead_det_decrypt(bytea,bytea,int8,bytea,bytea)", func(c *Ctx, a []datum) (datum, error) {
		if c.Sealer == nil {
			return value.Null, unsupported("encryption of secrets is not supported here")
		}
		b, err := c.Sealer.Open([]byte(a[0].Str()), bound(a))
		return value.Blob(b), err
	})
	r.fn("_crypto_aead_det_noncegen()", func(c *Ctx, _ []datum) (datum, error) {
		b, err := c.random(16)
		return value.Blob(b), err
	})
	r.fn("gen_salt(text) gen_salt(text,int4)", func(c *Ctx, a []datum) (datum, error) {
		rounds := int64(0)
		if len(a) > 1 {
			rounds = a[1].Int64()
		}
		return c.genSalt(a[0].Str(), rounds)
	})
	r.fn("crypt(text,text)", func(_ *Ctx, a []datum) (datum, error) { return crypt(a[0].Str(), a[1].Str()) })
	r.fn("encrypt(bytea,bytea,text)", func(_ *Ctx, a []datum) (datum, error) { return rawCipher(a[0].Str(), a[1].Str(), "", a[2].Str(), true) })
	r.fn("decrypt(bytea,bytea,text)", func(_ *Ctx, a []datum) (datum, error) {
		return rawCipher(a[0].Str(), a[1].Str(), "", a[2].Str(), false)
	})
	r.fn("encrypt_iv(bytea,bytea,bytea,text)", func(_ *Ctx, a []datum) (datum, error) {
		return rawCipher(a[0].Str(), a[1].Str(), a[2].Str(), a[3].Str(), true)
	})
	r.fn("decrypt_iv(bytea,bytea,bytea,text)", func(_ *Ctx, a []datum) (datum, error) {
		return rawCipher(a[0].Str(), a[1].Str(), a[2].Str(), a[3].Str(), false)
	})
	named := func(version byte, h func() hash.Hash) func(*Ctx, []datum) (datum, error) {
		return func(_ *Ctx, a []datum) (datum, error) {
			ns, err := value.ParseBytea(`\x` + strings.ReplaceAll(a[0].Str(), "-", ""))
			if err != nil {
				return value.Null, err
			}
			s := h()
			s.Write([]byte(ns.Str()))
			s.Write([]byte(a[1].Str()))
			return uuidText(s.Sum(nil), version), nil
		}
	}
	r.fn("uuid_generate_v3(uuid,text)", named(3, md5.New))
	r.fn("uuid_generate_v5(uuid,text)", named(5, sha1.New))
}

func hasher(name string) (func() hash.Hash, error) {
	switch strings.ToLower(name) {
	case "md5":
		return md5.New, nil
	case "sha1":
		return sha1.New, nil
	case "sha224":
		return sha256.New224, nil
	case "sha256":
		return sha256.New, nil
	case "sha384":
		return sha512.New384, nil
	case "sha512":
		return sha512.New, nil
	}
	return nil, fault.New(fault.InvalidParameterValue, `Cannot use "%s": No such hash algorithm`, name)
}

const cryptAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

var bcryptEncoding = base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)

func (c *Ctx) genSalt(kind string, rounds int64) (datum, error) {
	switch strings.ToLower(kind) {
	case "bf":
		if rounds == 0 {
			rounds = 6
		}
		if rounds < 4 || rounds > 31 {
			return value.Null, fault.New(fault.InvalidParameterValue, "gen_salt: Incorrect number of rounds")
		}
		b, err := c.random(16)
		if err != nil {
			return value.Null, err
		}
		return text(fmt.Sprintf("$2a$%02d$%s", rounds, bcryptEncoding.EncodeToString(b))), nil
	case "md5":
		if rounds != 0 && rounds != 1000 {
			return value.Null, fault.New(fault.InvalidParameterValue, "gen_salt: Incorrect number of rounds")
		}
		b, err := c.random(8)
		if err != nil {
			return value.Null, err
		}
		for i := range b {
			b[i] = cryptAlphabet[b[i]&63]
		}
		return text("$1$" + string(b)), nil
	case "des", "xdes":
		return value.Null, unsupported("gen_salt with %s is not supported", kind).(*fault.Error).WithHint("Use 'bf'.")
	}
	return value.Null, fault.New(fault.InvalidParameterValue, "gen_salt: Unknown salt algorithm")
}

func crypt(password, salt string) (datum, error) {
	switch {
	case strings.HasPrefix(salt, "$2a$"), strings.HasPrefix(salt, "$2x$"), strings.HasPrefix(salt, "$2y$"), strings.HasPrefix(salt, "$2b$"):
		return bcrypt(password, salt)
	case strings.HasPrefix(salt, "$1$"):
		return text(md5Crypt(password, salt)), nil
	case len(salt) >= 2:
		return value.Null, unsupported("crypt with a DES salt is not supported").(*fault.Error).WithHint("Use gen_salt('bf').")
	}
	return value.Null, fault.New(fault.InvalidParameterValue, "invalid salt")
}

func bcrypt(password, salt string) (datum, error) {
	bad := fault.New(fault.InvalidParameterValue, "invalid salt")
	if len(salt) < 29 || salt[6] != '$' {
		return value.Null, bad
	}
	cost, err := strconv.Atoi(salt[4:6])
	raw, err2 := bcryptEncoding.DecodeString(salt[7:29])
	if err != nil || err2 != nil || cost < 4 || cost > 31 || len(raw) < 16 {
		return value.Null, bad
	}
	raw = raw[:16]
	key := append([]byte(password), 0)
	key = key[:min(len(key), 72)]
	c, err := blowfish.NewSaltedCipher(key, raw)
	if err != nil {
		return value.Null, bad
	}
	for range uint64(1) << cost {
		blowfish.ExpandKey(key, c)
		blowfish.ExpandKey(raw, c)
	}
	out := []byte("OrpheanBeholderScryDoubt")
	for i := 0; i < 24; i += 8 {
		for range 64 {
			c.Encrypt(out[i:i+8], out[i:i+8])
		}
	}
	// The last character of the salt holds two bits only; it is written as it decodes.
	return text(salt[:7] + bcryptEncoding.EncodeToString(raw) + bcryptEncoding.EncodeToString(out[:23])), nil
}

// md5Crypt is the $1$ scheme.
func md5Crypt(password, salt string) string {
	s, _, _ := strings.Cut(salt[3:], "$")
	s = s[:min(len(s), 8)]
	sum := func(parts ...string) string {
		h := md5.New()
		for _, p := range parts {
			h.Write([]byte(p))
		}
		return string(h.Sum(nil))
	}
	alt := sum(password, s, password)
	parts := []string{password, "$1$", s}
	for n := len(password); n > 0; n -= 16 {
		parts = append(parts, alt[:min(n, 16)])
	}
	for n := len(password); n > 0; n >>= 1 {
		if n&1 != 0 {
			parts = append(parts, "\x00")
		} else {
			parts = append(parts, password[:1])
		}
	}
	final := sum(parts...)
	for i := range 1000 {
		var p []string
		add := func(odd bool) {
			if odd {
				p = append(p, password)
			} else {
				p = append(p, final)
			}
		}
		add(i&1 != 0)
		if i%3 != 0 {
			p = append(p, s)
		}
		if i%7 != 0 {
			p = append(p, password)
		}
		add(i&1 == 0)
		final = sum(p...)
	}
	var b strings.Builder
	put := func(v uint32, n int) {
		for range n {
			b.WriteByte(cryptAlphabet[v&63])
			v >>= 6
		}
	}
	for _, t := range [][3]int{{0, 6, 12}, {1, 7, 13}, {2, 8, 14}, {3, 9, 15}, {4, 10, 5}} {
		put(uint32(final[t[0]])<<16|uint32(final[t[1]])<<8|uint32(final[t[2]]), 4)
	}
	put(uint32(final[11]), 2)
	return "$1$" + s + "$" + b.String()
}

// rawCipher is pgcrypto's encrypt and decrypt: AES in CBC or ECB mode, padded as PKCS says or not.
func rawCipher(data, key, iv, spec string, enc bool) (datum, error) {
	algo, pad, _ := strings.Cut(strings.ToLower(spec), "/")
	algo, mode, _ := strings.Cut(algo, "-")
	if algo != "aes" && algo != "rijndael" || mode != "" && mode != "cbc" && mode != "ecb" {
		return value.Null, fault.New(fault.InvalidParameterValue, `Cannot use "%s": No such cipher algorithm`, spec)
	}
	k := make([]byte, 32)
	n := copy(k, key)
	switch {
	case len(key) > 32:
		return value.Null, fault.New("39000", "%scrypt error: Key was too big", map[bool]string{true: "en", false: "de"}[enc])
	case n <= 16:
		k = k[:16]
	case n <= 24:
		k = k[:24]
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return value.Null, err
	}
	ivec := make([]byte, 16)
	copy(ivec, iv)
	b := []byte(data)
	if enc {
		if pad != "pad:none" {
			p := 16 - len(b)%16
			for range p {
				b = append(b, byte(p))
			}
		}
		if len(b)%16 != 0 {
			return value.Null, fault.New("39000", "encrypt error: Data not a multiple of block size")
		}
		if mode == "ecb" {
			for i := 0; i < len(b); i += 16 {
				block.Encrypt(b[i:], b[i:])
			}
		} else {
			cipher.NewCBCEncrypter(block, ivec).CryptBlocks(b, b)
		}
		return value.Blob(b), nil
	}
	if len(b)%16 != 0 {
		return value.Null, fault.New("39000", "decrypt error: Data not a multiple of block size")
	}
	if mode == "ecb" {
		for i := 0; i < len(b); i += 16 {
			block.Decrypt(b[i:], b[i:])
		}
	} else {
		cipher.NewCBCDecrypter(block, ivec).CryptBlocks(b, b)
	}
	if pad != "pad:none" && len(b) > 0 {
		if p := int(b[len(b)-1]); p >= 1 && p <= 16 {
			b = b[:len(b)-p]
		} else {
			return value.Null, fault.New("39000", "decrypt error: Decryption failed")
		}
	}
	return value.Blob(b), nil
}
