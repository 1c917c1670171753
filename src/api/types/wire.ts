// How the classes of @kubernetes/client-node become the types of what is on the wire.
//
// Dates are RFC 3339 strings, everything is readonly (what comes out of a cache is frozen), and names that
// the generator had to escape (`_continue`, `_default`) get their own names back. Nothing here exists at
// run time.

import type { ObjectMeta } from '#api/meta/object.ts'

type IsAny<T> = 0 extends 1 & T ? true : false
type Unescaped<K> = K extends `_${infer Name}` ? Name : K

/** The wire form of a client-node class; object metadata is our own type, so that generic code can name it. */
export type Wire<T> =
  IsAny<T> extends true
    ? unknown
    : T extends Date
      ? string
      : T extends string | number | boolean | null | undefined
        ? T
        : T extends readonly (infer Item)[]
          ? readonly Wire<Item>[]
          : T extends object
            ? string extends keyof T
              ? { readonly [K in keyof T]: Wire<T[K]> }
              : 'managedFields' extends keyof T
                ? ObjectMeta
                : { readonly [K in keyof T as Unescaped<K>]: Wire<T[K]> }
            : T

/** The same data, writable to its depth: for defaulting and for building an object before it is frozen. */
export type Draft<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? Draft<Item>[]
    : T extends object
      ? { -readonly [K in keyof T]: Draft<T[K]> }
      : T
