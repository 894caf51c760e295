/** Host programs for tests: `run` answers by name, and followed programs run until the test ends them. */
import type { ChildOutcome, Children, Command, Following } from '../children.ts'

export class ScriptedChildren implements Children {
  leftBehind = 0
  /** What `run` answers, by the command's name; a command without an entry is absent. */
  readonly answers = new Map<string, ChildOutcome>()
  /** Every started command, as `file args…`. */
  readonly started: string[] = []
  readonly #following: Following[] = []

  run({ name, file, args }: Command): Promise<ChildOutcome> {
    this.started.push([file, ...args].join(' '))
    return Promise.resolve(this.answers.get(name) ?? { kind: 'absent' })
  }

  follow(following: Following): () => void {
    const { file, args } = following.command
    this.started.push([file, ...args].join(' '))
    this.#following.push(following)
    return () => {
      this.#following.splice(this.#following.indexOf(following), 1)
    }
  }

  /** Number of followed programs. */
  get running(): number {
    return this.#following.length
  }

  /** Makes the newest followed program write `text`. */
  write(text: string): void {
    this.#following.at(-1)?.onOutput(Buffer.from(text))
  }

  /** Makes the newest followed program end. */
  end(why: string, absent = false): void {
    this.#following.pop()?.onEnd({ absent, why })
  }
}
