EXPLANATION = ""
COMMANDS = ()


def mirror() -> None:
    pass
