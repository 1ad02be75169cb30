package catalog

import "slices"

// edge says that an object (or a part of it) depends on another. auto: it goes silently when the other goes.
type edge struct {
	by, on addr
	auto   bool
}

// edgeKey is an edge seen from the object that is depended on: by.oid, by.isDefault, by.sub, on.sub and auto in one number, so
// that iteration is in the order of the dependents' OIDs.
type edgeKey uint64

func (x edge) key() edgeKey {
	k := edgeKey(x.by.oid)<<32 | edgeKey(x.by.sub)<<13 | edgeKey(x.on.sub)<<1
	if x.by.isDefault {
		k |= 1 << 31
	}
	if x.auto {
		k |= 1
	}
	return k
}

func (k edgeKey) by() addr {
	return addr{oid: OID(k >> 32), sub: int16(k >> 13 & 0xfff), isDefault: k>>31&1 == 1}
}

func (k edgeKey) onSub() int16 { return int16(k >> 1 & 0xfff) }

func (k edgeKey) auto() bool { return k&1 == 1 }

// tracked says whether an object can go away.
func (f *facts) tracked(oid OID) bool {
	return oid >= CitextOID && oid <= SparsevecArrayOID || oid >= FirstUserOID
}

// depend records that by needs each of the others.
func (f *facts) depend(by addr, auto bool, on ...addr) {
	for _, o := range on {
		if !f.tracked(o.oid) || o.oid == by.oid && o.sub == by.sub {
			continue
		}
		x := edge{by, o, auto}
		if have := f.uses.at(by.oid); !slices.Contains(have, x) {
			f.uses = f.uses.set(by.oid, append(slices.Clip(have), x))
			f.usedBy = f.usedBy.set(o.oid, f.usedBy.at(o.oid).set(x.key(), struct{}{}))
		}
	}
}

// forget removes what an object needs: all of it, or what one of its parts needs when part has a sub.
func (f *facts) forget(part addr) {
	f.forgetIf(part.oid, func(x edge) bool { return part.sub == 0 || x.by == part })
}

func (f *facts) forgetIf(by OID, gone func(edge) bool) {
	var keep []edge
	for _, x := range f.uses.at(by) {
		if !gone(x) {
			keep = append(keep, x)
			continue
		}
		rest := f.usedBy.at(x.on.oid).delete(x.key())
		if rest.len() == 0 {
			f.usedBy = f.usedBy.delete(x.on.oid)
		} else {
			f.usedBy = f.usedBy.set(x.on.oid, rest)
		}
	}
	if keep == nil {
		f.uses = f.uses.delete(by)
	} else {
		f.uses = f.uses.set(by, keep)
	}
}
