package catalog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/codec"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// storedMagic begins an encoded catalog; a varint with the version of its form follows.
const storedMagic = "mainstay catalog\n"

// storedVersion is raised when the meaning of the stored facts changes; fields may come without that (see package codec).
const storedVersion = 1

// stored is the form that is written: the maps as lists, without what Empty has anyway.
type stored struct {
	NextOID      OID
	Schemas      []*Schema
	Roles        []*Role
	Types        []*Type
	Tables       []*Table
	Sequences    []*Sequence
	Functions    []*Function
	Extensions   []*Extension
	Publications []*Publication
	Casts        []CastDef
	DefaultACLs  []DefaultACL
	Settings     []RoleSetting
	Uses         []storedEdge
}

// storedEdge is a dependency.
type storedEdge struct {
	By, On       OID
	BySub, OnSub int16
	Default      bool
	Auto         bool
}

var storedCodec = sync.OnceValue(func() *codec.Codec { return codec.New(append(sql.Types(), plpgsql.Types()...)...) })

// Encode gives the catalog as bytes that Decode reads. Equal catalogs of the same history give equal bytes; the version is not in them.
func (c *Catalog) Encode() []byte {
	s := stored{NextOID: c.nextOID, Casts: c.casts, DefaultACLs: c.defaultACLs, Settings: c.settings}
	s.Schemas = slices.Collect(c.schemas.values())
	s.Roles = slices.Collect(c.roles.values())
	for t := range c.typeByOID.values() {
		if c.tracked(t.OID) {
			s.Types = append(s.Types, t)
		}
	}
	s.Tables = slices.Collect(c.tableByOID.values())
	s.Sequences = slices.Collect(c.seqByOID.values())
	s.Functions = slices.Collect(c.funcByOID.values())
	s.Extensions = slices.Collect(c.extensions.values())
	s.Publications = slices.Collect(c.publications.values())
	for edges := range c.uses.values() {
		for _, x := range edges {
			s.Uses = append(s.Uses, storedEdge{x.by.oid, x.on.oid, x.by.sub, x.on.sub, x.by.isDefault, x.auto})
		}
	}
	data, err := storedCodec().Encode(&s)
	if err != nil {
		panic(fmt.Sprintf("catalog: a fact has no stored form: %v", err))
	}
	return append(binary.AppendUvarint([]byte(storedMagic), storedVersion), data...)
}

// Decode reads what Encode wrote. It fails on other bytes, and on those of a newer version of the program.
func Decode(data []byte) (*Catalog, error) {
	rest, ok := bytes.CutPrefix(data, []byte(storedMagic))
	version, n := binary.Uvarint(rest)
	if !ok || n <= 0 {
		return nil, fmt.Errorf("catalog: these bytes are no stored catalog")
	}
	if version > storedVersion {
		return nil, fmt.Errorf("catalog: stored by a newer version of the program (form %d, this one reads up to %d)", version, storedVersion)
	}
	var s stored
	if err := storedCodec().Decode(rest[n:], &s); err != nil {
		return nil, fmt.Errorf("catalog: decode: %w", err)
	}
	e := &Edit{facts: emptyFacts(), st: &statement{seen: map[OID]bool{}}}
	e.nextOID, e.casts, e.defaultACLs, e.settings = s.NextOID, s.Casts, s.DefaultACLs, s.Settings
	e.schemas, e.roles = ordMap[string, *Schema]{}, ordMap[string, *Role]{}
	for _, x := range s.Schemas {
		e.schemas = e.schemas.set(x.Name, x)
	}
	for _, x := range s.Roles {
		e.roles = e.roles.set(x.Name, x)
	}
	for _, x := range s.Extensions {
		e.extensions = e.extensions.set(x.Name, x)
	}
	for _, x := range s.Publications {
		e.publications = e.publications.set(x.Name, x)
	}
	for _, x := range s.Types {
		e.setType(x)
	}
	for _, x := range s.Sequences {
		e.setSequence(x)
	}
	for _, x := range s.Functions {
		e.setFunction(x)
	}
	for _, x := range s.Tables {
		e.setTable(x)
	}
	for _, x := range s.Uses {
		e.depend(addr{x.By, x.BySub, x.Default}, x.Auto, addr{oid: x.On, sub: x.OnSub})
	}
	return newCatalog(e.facts), nil
}
