package restconf

import (
	"testing"
)

func TestTheWorldIsComplete(t *testing.T) {
	folder, ok := Folder()
	if !ok {
		t.Skip("the conformance data is not here; MAINSTAY_CONFORMANCE names its folder")
	}
	world, err := World(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range world {
		t.Log("-- " + s.Name + "\n" + s.Text)
	}
}
