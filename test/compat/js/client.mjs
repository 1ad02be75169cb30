// A certified OpenID client (openid-client) as a program that users of a Mainstay server let in.
//   node client.mjs ISSUER CLIENT_ID CLIENT_SECRET REDIRECT_URI
// It prints the address to send the user to, reads from standard input where the user came back to, and prints what it got as a line of JSON.
import readline from 'node:readline'
import * as client from 'openid-client'

const [issuer, id, secret, redirectURI] = process.argv.slice(2)
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const options = { execute: [client.allowInsecureRequests] }
const auth = secret ? client.ClientSecretBasic(secret) : client.None()
const config = await client.discovery(new URL(issuer), id, undefined, auth, options)
const verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const nonce = client.randomNonce()
const to = client.buildAuthorizationUrl(config, {
  redirect_uri: redirectURI, scope: 'openid email profile', state, nonce, code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
})
console.log(to.href)
const back = new URL((await lines.next()).value)
const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true })
const claims = tokens.claims()
const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
const next = await client.refreshTokenGrant(config, tokens.refresh_token)
const live = await client.tokenIntrospection(config, next.access_token)
await client.tokenRevocation(config, next.refresh_token)
const dead = await client.tokenIntrospection(config, next.access_token)
let replayed = ''
try {
  await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true })
} catch (err) {
  replayed = err.error
}
console.log(JSON.stringify({ sub: claims.sub, email: info.email, scope: tokens.scope, rotated: next.refresh_token !== tokens.refresh_token, live: live.active, dead: dead.active, replayed }))
process.exit(0)
