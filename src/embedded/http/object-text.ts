/** The JSON text of objects, which many watches of one object share. */
import type { ApiObject, JsonObject } from '../json.ts'

const texts = new WeakMap<JsonObject, string>()

/** The JSON text of a stored object, made once however many answers and watches carry it. */
export function textOf(object: ApiObject | JsonObject): string {
  const known = texts.get(object)
  if (known !== undefined) return known
  const text = JSON.stringify(object)
  texts.set(object, text)
  return text
}
