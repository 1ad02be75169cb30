package password

import "testing"

// FuzzHashes reads any text as an imported hash: what is taken costs no more than is allowed.
func FuzzHashes(f *testing.F) {
	for _, s := range []string{
		"", "$", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "$argon2i$v=19$m=4294967295,t=1,p=255$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA==", "$argon2id$v=19$m=0,t=0,p=0$$",
		"$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=a2V5$c2FsdA==$aGFzaA==", "$fbscrypt$v=1,n=99,r=-8,p=0,ss=,sk=$$", "$fbscrypt$v=2$a$b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := parseArgon(s); err == nil && (a.memory == 0 || a.memory > maxMemoryKiB || a.passes == 0 || a.passes > maxPasses || a.lanes == 0 || a.lanes > maxLanes || len(a.hash) == 0) {
			t.Fatalf("%q is taken for %+v", s, a)
		}
		if h, err := parseFirebase(s); err == nil && (h.logN <= 0 || h.logN > 18 || h.r <= 0 || h.p <= 0 || h.r*h.p > 1<<10 || len(h.hash) == 0) {
			t.Fatalf("%q is taken for n=%d, r=%d, p=%d, %d bytes", s, h.logN, h.r, h.p, len(h.hash))
		}
	})
}
