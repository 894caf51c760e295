/** Every command of `nodemend`, in the order of `--help`. */
import type { Command } from 'commander'
import type { Io } from './io.ts'

export const commands: readonly ((io: Io) => Command)[] = []
