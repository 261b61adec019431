// Opens a door of the demonstration at once; the button is there for when scripts do not run.
document.querySelector("form[data-opens]")?.requestSubmit()
