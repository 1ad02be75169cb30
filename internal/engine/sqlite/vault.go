package sqlite

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/mainstay-dev/mainstay/fault"
)

// vaultFile holds the key of schema vault's secrets, 32 bytes as hex, in the data folder. A copy of the database alone tells no secret.
const vaultFile = "vault.key"

// vault encrypts the secrets of schema vault with AES-256-GCM and random nonces (NIST SP 800-38D). The key is read, or by the first Seal made, at the first use. Safe for concurrent use.
type vault struct {
	dir  string
	mu   sync.Mutex
	aead cipher.AEAD // guarded by mu; nil until the key has been read
}

// open reads the key, which it makes when there is none and make is set.
func (v *vault) open(make bool) (cipher.AEAD, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.aead != nil {
		return v.aead, nil
	}
	aead, err := loadVault(filepath.Join(v.dir, vaultFile), make)
	if err == nil {
		v.aead = aead
	}
	return aead, err
}

func loadVault(path string, make bool) (cipher.AEAD, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if !make {
			// To decrypt with a new key cannot succeed, and the new one would stand in the way of the old one.
			return nil, fault.New("58P01", "the key of the vault is missing").WithHint("Put the file %s back into the data folder.", vaultFile)
		}
		text, err = makeVaultKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("key of the vault: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("key of the vault: %s does not hold 64 hexadecimal digits", path)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// makeVaultKey writes a new key, synced before anything is encrypted with it.
func makeVaultKey(path string) ([]byte, error) {
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return nil, err
	}
	text := []byte(hex.EncodeToString(key[:]) + "\n")
	// A crash leaves no file or a whole one, and the name is on disk before a secret is.
	f, err := os.CreateTemp(filepath.Dir(path), ".vault-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return nil, err
	}
	return text, syncDir(filepath.Dir(path))
}

// syncDir makes the names in a folder durable. Windows has no such thing and needs none.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Seal encrypts message, bound to additional.
func (v *vault) Seal(message, additional []byte) ([]byte, error) {
	aead, err := v.open(true)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, message, additional), nil
}

// Open decrypts what Seal gave for the same additional.
func (v *vault) Open(sealed, additional []byte) ([]byte, error) {
	aead, err := v.open(false)
	if err != nil {
		return nil, err
	}
	message, err := aead.Open(nil, nil, sealed, additional)
	if err != nil {
		return nil, fault.New("22000", "crypto_aead_det_decrypt: invalid ciphertext").WithHint("Was the file %s of the data folder lost or replaced?", vaultFile)
	}
	return message, nil
}
