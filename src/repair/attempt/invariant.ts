/** Facts that the code before a call has established: a mistake in it must not reach the call. */

/** Throws unless `holds`; `what` says which fact does not hold. */
export function invariant(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`nothing was done, because ${what}; report this as a defect of nodemend`)
}
