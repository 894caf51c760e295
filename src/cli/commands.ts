/** Every command of `nodemend`, in the order of `--help`. */
import type { Command } from 'commander'
import { classifyCommand } from './classify.ts'
import type { Io } from './io.ts'
import { rulesCommand } from './rules.ts'

export const commands: readonly ((io: Io) => Command)[] = [classifyCommand, rulesCommand]
