// A certified OpenID Provider on loopback, with one client and no passwords: whoever comes is the account that the
// test named last. Started by tests/identity_provider/__init__.py, which tells it what to be by PUT /control.
import { createServer } from 'node:http';
import { generateKeyPair, exportJWK } from 'jose';
import { Provider } from 'oidc-provider';

const settings = JSON.parse(process.argv[2]);
let account = { sub: 'nobody', claims: {} };
let keys = [];
let provider;

async function newKey(alg) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: crypto.randomUUID() };
}

function build(issuer) {
  provider = new Provider(issuer, {
    clients: [{
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
      redirect_uris: [settings.returnAddress],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: settings.algorithm,
    }],
    jwks: { keys },
    cookies: { keys: ['only for tests'] },
    pkce: { required: () => true },
    claims: { openid: ['sub', 'email', 'email_verified', 'name', 'roles', 'groups', 'mandates'] },
    conformIdTokenClaims: false,
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, interaction) => `${settings.path}/interaction/${interaction.uid}` },
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ ...account.claims, sub }) }),
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
  });
}

async function control(request) {
  let body = '';
  for await (const part of request) body += part;
  const told = JSON.parse(body);
  if (told.account) account = told.account;
  if (told.rotate) {
    keys = [await newKey(settings.algorithm), ...(told.rotate === 'overlap' ? keys : [])];
    build(issuer);
  }
}

const server = createServer(async (request, response) => {
  // As frameworks do that mount an application below a path: it is told both the whole address and the rest.
  request.originalUrl = request.url;
  request.url = request.url.slice(settings.path.length);
  try {
    if (request.url === '/control') {
      await control(request);
      response.end();
    } else if (request.url.startsWith('/interaction/')) {
      await provider.interactionFinished(request, response, { login: { accountId: account.sub } });
    } else {
      provider.callback()(request, response);
    }
  } catch (error) {
    console.error(error);
    response.statusCode = 500;
    response.end();
  }
});

let issuer;
server.listen(settings.port, '127.0.0.1', async () => {
  issuer = `http://127.0.0.1:${server.address().port}${settings.path}`;
  keys = [await newKey(settings.algorithm)];
  build(issuer);
  console.log(issuer);
});
process.stdin.resume().on('end', () => process.exit(0)); // with whoever started it
