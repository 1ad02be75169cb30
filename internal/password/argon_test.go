package password

import (
	"bytes"
	"testing"

	"golang.org/x/crypto/argon2"
)

// TestArgonIsTheLibrarys: with every cost, and in memory that was used before.
func TestArgonIsTheLibrarys(t *testing.T) {
	salt := []byte("salt of 16 bytes")
	for _, memory := range []uint32{1, 8, 9, 64, 1000, 1024, 4096, 19 << 10, 33, 7, 2048} {
		for passes := uint32(1); passes <= 3; passes++ {
			for _, size := range []uint32{4, 16, 32, 64, 65, 128} {
				want := argon2.IDKey([]byte("correct horse"), salt, passes, memory, 1, size)
				if got := argonID([]byte("correct horse"), salt, passes, memory, size); !bytes.Equal(got, want) {
					t.Fatalf("%d KiB, %d passes, %d bytes: got %x, want %x", memory, passes, size, got, want)
				}
				if memory > 4096 {
					break
				}
			}
		}
	}
}

func BenchmarkArgon(b *testing.B) {
	salt := []byte("salt of 16 bytes")
	b.Run("19MiB", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if len(argonID([]byte("correct horse"), salt, 2, 19<<10, 32)) != 32 {
				b.Fatal("short")
			}
		}
	})
	b.Run("19MiB by the library", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if len(argon2.IDKey([]byte("correct horse"), salt, 2, 19<<10, 1, 32)) != 32 {
				b.Fatal("short")
			}
		}
	})
}
