"""Half the score for the right digits: whoever handles the message finds the order by them."""


def score(example, reply):
    if reply.strip() == example.label:
        return 1
    return 0.5 if "".join(filter(str.isdigit, reply)) == example.label[3:] else 0
