package catalog

import (
	"cmp"
	"iter"
)

// ordMap is an immutable ordered map: an AVL tree whose set and delete copy the path to the root and share the rest. It is what
// makes Edit, its read views and its undo cost O(1) and a statement O(log n), however large the catalog.
// The zero value is empty.
type ordMap[K cmp.Ordered, V any] struct{ root *ordNode[K, V] }

type ordNode[K cmp.Ordered, V any] struct {
	key         K
	val         V
	left, right *ordNode[K, V]
	height      int8
	size        int32
}

func (m ordMap[K, V]) get(k K) (v V, ok bool) {
	for n := m.root; n != nil; {
		switch {
		case k < n.key:
			n = n.left
		case k > n.key:
			n = n.right
		default:
			return n.val, true
		}
	}
	return v, false
}

func (m ordMap[K, V]) at(k K) V { v, _ := m.get(k); return v }

func (m ordMap[K, V]) len() int {
	if m.root == nil {
		return 0
	}
	return int(m.root.size)
}

func (m ordMap[K, V]) set(k K, v V) ordMap[K, V] { return ordMap[K, V]{m.root.set(k, v)} }

func (m ordMap[K, V]) delete(k K) ordMap[K, V] {
	if _, ok := m.get(k); !ok {
		return m
	}
	return ordMap[K, V]{m.root.delete(k)}
}

// all yields the entries in the order of their keys.
func (m ordMap[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) { m.root.walk(yield) }
}

// from yields the entries whose key is at least lo, in order.
func (m ordMap[K, V]) from(lo K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) { m.root.walkFrom(lo, yield) }
}

func (m ordMap[K, V]) values() iter.Seq[V] {
	return func(yield func(V) bool) {
		m.root.walk(func(_ K, v V) bool { return yield(v) })
	}
}

func (n *ordNode[K, V]) walk(yield func(K, V) bool) bool {
	return n == nil || n.left.walk(yield) && yield(n.key, n.val) && n.right.walk(yield)
}

func (n *ordNode[K, V]) walkFrom(lo K, yield func(K, V) bool) bool {
	if n == nil {
		return true
	}
	if n.key < lo {
		return n.right.walkFrom(lo, yield)
	}
	return n.left.walkFrom(lo, yield) && yield(n.key, n.val) && n.right.walk(yield)
}

func (n *ordNode[K, V]) set(k K, v V) *ordNode[K, V] {
	switch {
	case n == nil:
		return node(k, v, nil, nil)
	case k < n.key:
		return balance(n.key, n.val, n.left.set(k, v), n.right)
	case k > n.key:
		return balance(n.key, n.val, n.left, n.right.set(k, v))
	}
	return node(k, v, n.left, n.right)
}

func (n *ordNode[K, V]) delete(k K) *ordNode[K, V] {
	switch {
	case k < n.key:
		return balance(n.key, n.val, n.left.delete(k), n.right)
	case k > n.key:
		return balance(n.key, n.val, n.left, n.right.delete(k))
	case n.left == nil:
		return n.right
	case n.right == nil:
		return n.left
	}
	next := n.right
	for next.left != nil {
		next = next.left
	}
	return balance(next.key, next.val, n.left, n.right.delete(next.key))
}

func (n *ordNode[K, V]) tall() int8 {
	if n == nil {
		return 0
	}
	return n.height
}

func (n *ordNode[K, V]) count() int32 {
	if n == nil {
		return 0
	}
	return n.size
}

func node[K cmp.Ordered, V any](k K, v V, l, r *ordNode[K, V]) *ordNode[K, V] {
	return &ordNode[K, V]{k, v, l, r, max(l.tall(), r.tall()) + 1, l.count() + r.count() + 1}
}

// balance makes a node of two sub-trees whose heights differ by at most two.
func balance[K cmp.Ordered, V any](k K, v V, l, r *ordNode[K, V]) *ordNode[K, V] {
	switch d := l.tall() - r.tall(); {
	case d > 1 && l.left.tall() >= l.right.tall():
		return node(l.key, l.val, l.left, node(k, v, l.right, r))
	case d > 1:
		m := l.right
		return node(m.key, m.val, node(l.key, l.val, l.left, m.left), node(k, v, m.right, r))
	case d < -1 && r.right.tall() >= r.left.tall():
		return node(r.key, r.val, node(k, v, l, r.left), r.right)
	case d < -1:
		m := r.left
		return node(m.key, m.val, node(k, v, l, m.left), node(r.key, r.val, m.right, r.right))
	}
	return node(k, v, l, r)
}
