/** Optional values in records. */

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** Drops keys with the value undefined, as `exactOptionalPropertyTypes` requires. */
export function defined<T extends object>(row: T): Defined<T> {
  // Object.entries loses the key types; only undefined values are removed.
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as Defined<T>
}
