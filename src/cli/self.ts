// How this program starts itself again as another process.

import { fileURLToPath } from 'node:url'
import type { SelfCommand } from '#cluster/supervisor/processes.ts'

export const SELF: SelfCommand = [process.execPath, fileURLToPath(new URL('./main.js', import.meta.url))]
