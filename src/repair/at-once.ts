/** Bounded concurrency. */

/** Runs `run` for each item in order, at most `width` at a time. Rejects with the first error, after which none is started. */
export async function atOnce<Item>(
  items: readonly Item[],
  width: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values()
  const worker = async (): Promise<void> => {
    for (const item of rest) await run(item)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
}
