import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errnoOf, errorText, UserError } from './user-error.ts'

export const HOST = '127.0.0.1'

/** A listener, by the name that people know; `variable` is the variable that changes its port. */
export interface ListenTarget {
  what: string
  port: number
  variable: string
}

export const urlOf = (port: number): string => `http://${HOST}:${port}`

export const portTaken = ({ what, port, variable }: ListenTarget): UserError =>
  new UserError(`port ${port} (${what}) is in use by another program: stop it, or choose another port with ${variable}`)

export function listenProblem(place: ListenTarget, error: unknown): UserError {
  if (errnoOf(error) === 'EADDRINUSE') return portTaken(place)
  const { what, port, variable } = place
  return new UserError(`port ${port} (${what}) cannot be opened (${errorText(error)}): choose another with ${variable}`)
}

/** Listens on loopback and returns the port; port 0 means any free port. */
export async function listen(server: Server, place: ListenTarget): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenProblem(place, error)))
    server.listen(place.port, HOST, resolve)
  })
  return portOf(server)
}

export function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen')
  return address.port
}

/** Accepts no more requests, and cuts off those that are still open after `graceMs`. */
export function closeServer(server: Server, graceMs = 0): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve()
    const cut = setTimeout(() => server.closeAllConnections(), graceMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
  })
}
