// What the operating system knows about another process. Linux only: elsewhere
// the figures are undefined, and tests of memory are skipped.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

export const measurable = existsSync('/proc/self/clear_refs')
export const MiB = 1024

/** Resident memory in KiB. */
export const resident = (pid) => field(pid, 'VmRSS')

/** The most it has been since the last resetPeak, in KiB. */
export const peak = (pid) => field(pid, 'VmHWM')

/** Lets the peak begin anew at what is resident now. */
export const resetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5')

/** How long the processors have worked for it, in ms; to 10 ms. */
export function worktime(pid) {
  const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const [user, system] = rest.split(' ').slice(11, 13)
  return (Number(user) + Number(system)) * 10 // ticks of 1/100 s, as Linux shows them on every machine
}

function field(pid, name) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`${name}:\\s+(\\d+) kB`))[1])
}
