// Signing out on an officer's page that is no phone page: the same warning, the same wiping.
import { signOut } from "./sign-out.js";

for (const form of document.querySelectorAll('form[action$="/sign-out/"]')) form.addEventListener("submit", signOut);
