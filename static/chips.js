// A row of chips is pushed sideways: the chosen one is brought into sight.
document.querySelector(".chips [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
