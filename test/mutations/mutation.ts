/** A wrong copy of the sources: a place that was forgotten, or code that says another thing than it must. */

/** Replaces `from`, which must occur, or makes a new file where `from` is absent. */
export interface Edit {
  readonly file: string
  readonly from?: string
  readonly to: string
}

/** Who must notice the mutation, and what it must name. */
export type NoticedBy =
  | { readonly by: 'types'; readonly names: RegExp }
  | { readonly by: 'test'; readonly file: string; readonly names: RegExp }

export interface Mutation {
  /** What somebody forgot or got wrong. */
  readonly what: string
  readonly edits: readonly Edit[]
  readonly noticed: NoticedBy
}
