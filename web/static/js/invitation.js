// Takes the one-use code out of the address (#code) into the form, and out of the browser's history.
const code = location.hash.slice(1);
const field = document.querySelector("[data-invitation-code]");
const input = field?.querySelector("input");
if (code && input) {
  input.value = decodeURIComponent(code);
  field.hidden = true;
  history.replaceState(null, "", location.pathname);
}
