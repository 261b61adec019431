"""The demonstration's names, made up and plainly so."""

FORENAMES = (
    *(
        "Basil",
        "Primrose",
        "Fergus",
        "Odette",
        "Humphrey",
        "Lavinia",
        "Cosmo",
        "Delphine",
        "Rufus",
        "Winifred",
    ),
    *("Ignatius", "Ottilie", "Barnabas", "Clementine", "Lysander", "Philippa", "Thaddeus", "Hyacinth"),
)
SURNAMES = (
    *("Applejack", "Bumblecroft", "Cloudsley-Tarn", "Dandelion", "Eiderdown", "Fiddlestick", "Gooseberry"),
    *("Hollyhock", "Inkpenny", "Jellicoe-Moss", "Kettleworth", "Lanternjack", "Mulberry", "Nettlefold-Pye"),
    *("Oddments", "Peppercorn", "Quincewood", "Rumbelow-Fig", "Snapdragon", "Tumbleweed"),
)
