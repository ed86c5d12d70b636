/**
 * A setup file: Vitest runs it for each test file, also where files share what they import. So these hooks are there for
 * every file, which the hooks of a shared module would not be.
 */
import { afterEach, beforeEach } from 'vitest'
import { testBegins, testEnds } from './local/after-tests.ts'

beforeEach(testBegins)
afterEach(testEnds)
