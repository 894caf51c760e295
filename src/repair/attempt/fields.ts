/**
 * Tables that say of every field of a type how it is stored and read: a field without its line does not compile, and one
 * line serves both directions.
 */

/** One value and how it is stored. `read` and `write` undo each other. */
export interface Form<Value, Stored> {
  read(stored: Stored): Value
  write(value: Value): Stored
}

/** How one field is found in a stored object, and what of it is written. `read` answers undefined where it is absent. */
export interface Field<Value, Stored> {
  read(stored: Stored): Value
  write(value: NonNullable<Value>): Partial<Stored>
}

/** One line for every field of `Value`. */
export type Fields<Value, Stored> = { readonly [Name in keyof Value]-?: Field<Value[Name], Stored> }

/** A field under `key`, in a form of its own; `absent` is read where the key is. */
export function at<Stored, Key extends keyof Stored, Value>(
  key: Key,
  form: Form<Value, Exclude<Stored[Key], undefined>>,
  absent: Value,
): Field<Value, Stored>
export function at<Stored, Key extends keyof Stored, Value>(
  key: Key,
  form: Form<Value, Exclude<Stored[Key], undefined>>,
): Field<undefined extends Stored[Key] ? Value | undefined : Value, Stored>
export function at<Stored, Key extends keyof Stored, Value>(
  key: Key,
  form: Form<Value, Exclude<Stored[Key], undefined>>,
  absent?: Value,
): Field<Value | undefined, Stored> {
  return {
    read(stored) {
      const found = stored[key]
      // The cast says what the comparison does: nothing but undefined is left out.
      return found === undefined ? absent : form.read(found as Exclude<Stored[Key], undefined>)
    },
    write: (value) => ({ [key]: form.write(value as Value) }) as Partial<Stored>, // one key of it
  }
}

/** The table as one form: reads every field, writes every field that is there. */
export function formOf<Value extends object, Stored extends object>(table: Fields<Value, Stored>): Form<Value, Stored> {
  // Each name is a field of the value; which one, the compiler cannot follow through a loop.
  const fields = Object.entries(table) as [keyof Value, Field<unknown, Stored>][]
  return {
    read(stored) {
      const read = fields.map(([name, field]) => [name, field.read(stored)] as const)
      // Every field is in the table, and one that was read as undefined may be absent.
      return Object.fromEntries(read.filter(([, value]) => value !== undefined)) as Value
    },
    write(value) {
      const written = fields.map(([name, field]) => {
        const one = value[name]
        return one === undefined || one === null ? {} : field.write(one)
      })
      return Object.assign({}, ...written) as Stored // every required key has a field of its own
    },
  }
}

/** Stored as it is. */
export function same<Value>(): Form<Value, Value> {
  return { read: (stored) => stored, write: (value) => value }
}

/** A list of values in one form. */
export function listOf<Value, Stored>(form: Form<Value, Stored>): Form<readonly Value[], Stored[]> {
  return {
    read: (stored) => stored.map((one) => form.read(one)),
    write: (value) => value.map((one) => form.write(one)),
  }
}
