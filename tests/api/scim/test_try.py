import pytest, json
from tests import machines
from tests.world import World
from app.main import create_app
async def test_it(world: World):
    hr = await machines.hr_system(world)
    http = world.nobody.http
    import tests.client as c
    h={"Authorization": f"Bearer {hr.client.token if isinstance(hr.client.token,str) else hr.client.token()}", "Content-Type":"application/scim+json"}
    async def call(method, path, body=None, **more):
        r = await http.request(method, "http://testserver/scim/v2"+path, headers=h|more, content=json.dumps(body) if body is not None else None)
        print(method, path, r.status_code, r.text[:900], dict(r.headers).get("etag")); return r
    await call("GET","/ServiceProviderConfig")
    await call("GET","/Users?filter=userName eq \"none\"")
    r = await call("POST","/Users",{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"Asa.Ek@example.se","name":{"givenName":"Åsa","familyName":"Ek"},"active":"True","externalId":"x1"})
    i=r.json()["id"]
    await call("GET",f"/Users/{i}")
    await call("PATCH",f"/Users/{i}",{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"}]})
    await call("GET","/Users?filter=userName eq \"ASA.ek@example.se\"")
    await call("GET","/Groups")
    g=await call("POST","/Groups",{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Labbet","externalId":"u1","members":[{"value":i}]})
    await call("GET","/Users/"+i)
    await call("DELETE","/Groups/"+g.json()["id"])
    await call("POST","/Users",{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"b@example.se","title":"Fackförbundet ST"})
    await call("DELETE",f"/Users/{i}")
    await call("GET",f"/Users/{i}")
    assert 0
