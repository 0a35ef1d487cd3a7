// The script of the example `spa`: calls the API, and lets Clerk's components ask for whatever a call needs.

// A page without Clerk's JavaScript has no `clerkLoaded`: then the browser's cookies authenticate its requests.
const element = (id) => document.getElementById(id);
const show = ({ status, body }) => (element("answer").textContent = `${status}\n${JSON.stringify(body, null, 2) ?? ""}`);
const clerk = "clerkLoaded" in window ? await clerkLoaded.catch(({ message }) => void show({ status: message })) : undefined;

/** Calls the API with the user's session token. The token is renewed in the background; never keep it yourself. */
async function call(method, path) {
  const token = await clerk?.session?.getToken();
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(path, { method, headers });
  return { status: response.status, body: await response.json() };
}

/** The same for a call that may require a recent sign-in: Clerk asks for the password, and the call is made again. */
async function callVerified(method, path) {
  const answer = await call(method, path);
  const missing = answer.body.clerk_error;
  if (!clerk || missing?.reason !== "reverification-error") return answer;
  const asked = missing.metadata.reverification; // an object, or the name of a preset such as `strict`
  await new Promise((resolve, reject) => {
    clerk.__internal_openReverification({
      level: asked.level ?? (asked === "strict_mfa" ? "multi_factor" : "second_factor"),
      afterVerification: resolve,
      afterVerificationCancelled: () => reject(new Error("cancelled")),
    });
  });
  await clerk.session.getToken({ skipCache: true });
  return call(method, path);
}

let renders = 0;

/** Shows who is signed in, as the API knows them. Of several calls at once, the last one counts. */
async function render() {
  const turn = ++renders;
  const { body } = await call("GET", "/api/me");
  if (turn !== renders) return;
  element("who").textContent = body.isAuthenticated ? `You are signed in as ${body.userId}.` : "You are not signed in.";
  element("sign-in").hidden = body.isAuthenticated;
  element("sign-out").hidden = !body.isAuthenticated;
}

element("me").onclick = async () => show(await call("GET", "/api/me"));
element("publish").onclick = async () => {
  try {
    show(await callVerified("POST", "/api/publish"));
  } catch (error) {
    show({ status: "not sent", body: error.message });
  }
};

if (clerk) {
  // In place of the links and forms that work without a script.
  element("sign-in").onclick = (event) => {
    event.preventDefault();
    clerk.openSignIn();
  };
  element("sign-out").onsubmit = (event) => {
    event.preventDefault();
    clerk.signOut();
  };
  clerk.addListener(render);
}
await render();
