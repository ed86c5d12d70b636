import * as z from 'zod/mini'

/** The words that several views share. Types only in the function; the documents and the tests parse with them. */
export const readiness = z.enum(['ready', 'degraded', 'not_ready', 'unknown'])
export const mode = z.enum(['normal', 'degraded', 'emergency'])
export const checkStatus = z.enum(['ok', 'degraded', 'down', 'unknown'])
export const criticality = z.enum(['hard', 'soft'])

/** ISO 8601, UTC. */
export const time = z.iso.datetime()
export const milliseconds = z.number().check(z.minimum(0))
export const count = z.number().check(z.minimum(0))
export const ratio = z.number().check(z.minimum(0), z.maximum(1))
