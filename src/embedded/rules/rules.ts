/** The special rules of a kind's writes. An absent rule means the general behaviour. */
import type { Cause } from '../failure.ts'
import type { ApiObject } from '../json.ts'

export interface Rules {
  /** Fills in defaults; runs on every decoded body before any other rule. */
  readonly defaults?: (object: ApiObject) => ApiObject
  /** Admission and preparation of a new object. Runs after ownership was recorded. */
  readonly create?: (object: ApiObject) => ApiObject
  /** The status of a create is taken as sent instead of dropped. */
  readonly keepStatusOnCreate?: true
  /** Name form; default `subdomain`. */
  readonly nameForm?: 'label'
  readonly validate?: (object: ApiObject) => readonly Cause[]
  readonly validateUpdate?: (next: ApiObject, live: ApiObject) => readonly Cause[]
  /** What the status subresource keeps as it was, beyond {@link resetOnStatus}. */
  readonly updateStatus?: (next: ApiObject, live: ApiObject) => ApiObject
  /** Fields the status subresource ignores for ownership; default `spec`. */
  readonly resetOnStatus?: readonly (readonly string[])[]
}
