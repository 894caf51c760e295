/** NodeRepair objects ↔ attempts. Reading is strict: a record that cannot be read is reported and left alone. */
import type { KubeObject } from '../../kube/api.ts'
import type { Attempt } from '../../model/repair.ts'
import { attemptFields, type StoredAttempt } from './codec.ts'
import { type Field, formOf } from './fields.ts'
import { type AttemptSpec, type AttemptStatus, attemptObject } from './schema.ts'

/** A NodeRepair as the API holds it. */
export interface NodeRepairObject extends KubeObject {
  readonly spec: AttemptSpec
  readonly status?: AttemptStatus
}

const form = formOf<Attempt, StoredAttempt>(attemptFields)
// Each name is a field of the attempt; which one, the compiler cannot follow through a loop.
const fields = Object.entries(attemptFields) as [keyof Attempt, Field<unknown, StoredAttempt>][]

/** Reads a NodeRepair. Undefined when it is not one of ours to read (a newer schema, a hand-made object). */
export function readAttempt(object: KubeObject): Attempt | undefined {
  const parsed = attemptObject.safeParse(object)
  if (!parsed.success || object.metadata.name === undefined) return undefined
  const { spec, status = {} } = parsed.data
  return form.read({ metadata: object.metadata, spec, status })
}

/** The immutable half: who and which attempt. */
export function specOf(attempt: Attempt): AttemptSpec {
  return partOf(attempt, 'spec') as AttemptSpec // the fields of the attempt that are required make its required keys
}

/** The other half, as it is written to the status subresource. */
export function statusOf(attempt: Attempt): AttemptStatus {
  return partOf(attempt, 'status')
}

function partOf<Part extends 'spec' | 'status'>(attempt: Attempt, part: Part): Partial<StoredAttempt[Part]> {
  const written = fields.map(([name, field]) => {
    const value = attempt[name]
    return value === undefined ? {} : field.write(value)[part]
  })
  return Object.assign({}, ...written)
}
