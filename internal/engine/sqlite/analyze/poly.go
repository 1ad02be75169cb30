package analyze

import (
	"fmt"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// unify finds what the polymorphic types of a function's parameters stand for, as PostgreSQL's enforce_generic_type_consistency: declared is
// changed where the actual type is unknown or any-compatible, and the result is the actual type for ret.
func (a *analyzer) unify(declared, actual []oid, ret oid) (oid, *fault.Error) {
	mismatch := func(format string, args ...any) *fault.Error {
		return fault.New(fault.DatatypeMismatch, "%s", fmt.Sprintf(format, args...))
	}
	var elem, array, rng, multi oid
	var compatible []oid
	var poly, anyCompatible, nonArray, enum, unknown, compatibleNonArray bool
	var compatibleRange, compatibleMulti oid
	for i, act := range actual {
		decl := declared[i]
		set := func(what *oid, name string) *fault.Error {
			poly = true
			if act == catalog.UnknownOID {
				unknown = true
				return nil
			}
			if *what != 0 && *what != act {
				return mismatch(`arguments declared "%s" are not all alike`, name).WithDetail("%s versus %s", a.typeName(*what), a.typeName(act))
			}
			*what = act
			return nil
		}
		var err *fault.Error
		switch decl {
		case catalog.AnyElementOID, catalog.AnyNonArrayOID, catalog.AnyEnumOID:
			nonArray = nonArray || decl == catalog.AnyNonArrayOID
			enum = enum || decl == catalog.AnyEnumOID
			err = set(&elem, "anyelement")
		case catalog.AnyArrayOID:
			act = a.base(act)
			err = set(&array, "anyarray")
		case catalog.AnyRangeOID:
			act = a.base(act)
			err = set(&rng, "anyrange")
		case catalog.AnyMultirangeOID:
			act = a.base(act)
			err = set(&multi, "anymultirange")
		case catalog.AnyCompatibleOID, catalog.AnyCompatibleNonArrayOID:
			anyCompatible = true
			compatibleNonArray = compatibleNonArray || decl == catalog.AnyCompatibleNonArrayOID
			if act != catalog.UnknownOID {
				compatible = append(compatible, act)
			}
		case catalog.AnyCompatibleArrayOID:
			anyCompatible = true
			if act != catalog.UnknownOID {
				el := a.elem(a.base(act))
				if el == 0 {
					return 0, mismatch("argument declared %s is not an array but type %s", "anycompatiblearray", a.typeName(act))
				}
				compatible = append(compatible, el)
			}
		case catalog.AnyCompatibleRangeOID:
			anyCompatible = true
			if act != catalog.UnknownOID {
				sub := a.rangeSubtype(a.base(act))
				if sub == 0 {
					return 0, mismatch("argument declared %s is not a range type but type %s", "anycompatiblerange", a.typeName(act))
				}
				if r := a.base(act); compatibleRange != 0 && compatibleRange != r {
					return 0, mismatch(`arguments declared "%s" are not all alike`, "anycompatiblerange").WithDetail("%s versus %s", a.typeName(compatibleRange), a.typeName(r))
				}
				compatibleRange = a.base(act)
				compatible = append(compatible, sub)
			}
		case catalog.AnyCompatibleMultirangeOID:
			anyCompatible = true
			if act != catalog.UnknownOID {
				m := a.base(act)
				of := catalog.RangeOfMultirange(m)
				if of == 0 {
					return 0, mismatch("argument declared %s is not a multirange type but type %s", "anycompatiblemultirange", a.typeName(act))
				}
				if compatibleMulti != 0 && compatibleMulti != m {
					return 0, mismatch(`arguments declared "%s" are not all alike`, "anycompatiblemultirange").WithDetail("%s versus %s", a.typeName(compatibleMulti), a.typeName(m))
				}
				compatibleMulti = m
				compatible = append(compatible, a.rangeSubtype(of))
			}
		}
		if err != nil {
			return 0, err
		}
	}
	if !poly && !anyCompatible {
		return ret, nil
	}
	if poly {
		if array != 0 {
			el := array
			if array != catalog.AnyArrayOID {
				if el = a.elem(array); el == 0 {
					return 0, mismatch("argument declared %s is not an array but type %s", "anyarray", a.typeName(array))
				}
			}
			if elem == 0 {
				elem = el
			} else if elem != el {
				return 0, mismatch("argument declared %s is not consistent with argument declared %s", "anyarray", "anyelement").
					WithDetail("%s versus %s", a.typeName(array), a.typeName(elem))
			}
		}
		if multi != 0 {
			of := catalog.RangeOfMultirange(multi)
			switch {
			case of == 0:
				return 0, mismatch("argument declared %s is not a multirange type but type %s", "anymultirange", a.typeName(multi))
			case rng == 0:
				rng = of
			case rng != of:
				return 0, mismatch("argument declared %s is not consistent with argument declared %s", "anymultirange", "anyrange").
					WithDetail("%s versus %s", a.typeName(multi), a.typeName(rng))
			}
		}
		if rng != 0 {
			sub := a.rangeSubtype(rng)
			if sub == 0 {
				return 0, mismatch("argument declared %s is not a range type but type %s", "anyrange", a.typeName(rng))
			}
			if elem == 0 {
				elem = sub
			} else if elem != sub {
				return 0, mismatch("argument declared %s is not consistent with argument declared %s", "anyrange", "anyelement").
					WithDetail("%s versus %s", a.typeName(rng), a.typeName(elem))
			}
		}
		if elem == 0 {
			if unknown {
				if ret == 0 {
					return 0, nil // only asked whether it could be
				}
				return 0, mismatch("could not determine polymorphic type because input has type %s", "unknown")
			}
			return 0, mismatch("could not determine polymorphic type")
		}
		if nonArray && a.elem(a.base(elem)) != 0 {
			return 0, mismatch("type matched to anynonarray is an array type: %s", a.typeName(elem))
		}
		if enum && a.kind(elem) != catalog.EnumType {
			return 0, mismatch("type matched to anyenum is not an enum type: %s", a.typeName(elem))
		}
		if array == 0 {
			array = a.arrayOf(elem)
		}
	}
	var common oid
	if anyCompatible {
		common = catalog.TextOID
		if len(compatible) > 0 {
			t, bad := a.commonOf(compatible)
			if bad >= 0 {
				return 0, mismatch("arguments of anycompatible family cannot be cast to a common type")
			}
			for _, c := range compatible {
				if !a.canCoerceOne(c, t, implicit) {
					return 0, mismatch("arguments of anycompatible family cannot be cast to a common type")
				}
			}
			common = t
		}
		if compatibleRange != 0 && a.rangeSubtype(compatibleRange) != common {
			return 0, mismatch("anycompatiblerange type %s does not match anycompatible type %s", a.typeName(compatibleRange), a.typeName(common))
		}
		if compatibleMulti != 0 {
			switch of := catalog.RangeOfMultirange(compatibleMulti); {
			case a.rangeSubtype(of) != common:
				return 0, mismatch("anycompatiblemultirange type %s does not match anycompatible type %s", a.typeName(compatibleMulti), a.typeName(common))
			case compatibleRange == 0:
				compatibleRange = of
			case compatibleRange != of:
				return 0, mismatch("argument declared %s is not consistent with argument declared %s", "anycompatiblemultirange", "anycompatiblerange").
					WithDetail("%s versus %s", a.typeName(compatibleMulti), a.typeName(compatibleRange))
			}
		}
		if compatibleNonArray && a.elem(a.base(common)) != 0 {
			return 0, mismatch("type matched to anycompatiblenonarray is an array type: %s", a.typeName(common))
		}
	}
	concrete := func(t oid) oid {
		switch t {
		case catalog.AnyElementOID, catalog.AnyNonArrayOID, catalog.AnyEnumOID:
			return elem
		case catalog.AnyArrayOID:
			return array
		case catalog.AnyRangeOID:
			return rng
		case catalog.AnyMultirangeOID:
			if multi == 0 {
				return catalog.MultirangeOf(rng)
			}
			return multi
		case catalog.AnyCompatibleOID, catalog.AnyCompatibleNonArrayOID:
			return common
		case catalog.AnyCompatibleArrayOID:
			return a.arrayOf(common)
		case catalog.AnyCompatibleRangeOID:
			return compatibleRange
		case catalog.AnyCompatibleMultirangeOID:
			if compatibleMulti == 0 {
				return catalog.MultirangeOf(compatibleRange)
			}
			return compatibleMulti
		}
		return t
	}
	for i, act := range actual {
		switch declared[i] {
		case catalog.AnyCompatibleOID, catalog.AnyCompatibleNonArrayOID, catalog.AnyCompatibleArrayOID, catalog.AnyCompatibleRangeOID, catalog.AnyCompatibleMultirangeOID:
			if t := concrete(declared[i]); t != 0 {
				declared[i] = t
			}
		default:
			if act == catalog.UnknownOID {
				if t := concrete(declared[i]); t != 0 {
					declared[i] = t
				}
			}
		}
	}
	out := concrete(ret)
	if out == 0 && ret != 0 {
		if ret == catalog.AnyArrayOID || ret == catalog.AnyCompatibleArrayOID {
			return 0, fault.New(fault.UndefinedObject, "could not find array type for data type %s", a.typeName(max(elem, common)))
		}
		switch ret {
		case catalog.AnyCompatibleRangeOID, catalog.AnyCompatibleMultirangeOID:
			return 0, mismatch("could not determine polymorphic type %s because input has type %s", a.typeName(ret), "unknown")
		}
		return 0, mismatch("could not determine polymorphic type because input has type %s", "unknown")
	}
	return out, nil
}
