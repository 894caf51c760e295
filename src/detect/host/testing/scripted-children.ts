/** Programs of the host for tests: answers by name, and programs that run on until the test ends them. */
import type { ChildOutcome, Children, Command, Following } from '../children.ts'

export class ScriptedChildren implements Children {
  leftBehind = 0
  /** What `run` answers, by the command's name; a command without an answer is absent. */
  readonly answers = new Map<string, ChildOutcome>()
  /** What was started, as `file args…`. */
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

  /** How many run on. */
  get running(): number {
    return this.#following.length
  }

  /** The newest one that runs on writes this. */
  write(text: string): void {
    this.#following.at(-1)?.onOutput(Buffer.from(text))
  }

  /** The newest one ends. */
  end(why: string, absent = false): void {
    this.#following.pop()?.onEnd({ absent, why })
  }
}
