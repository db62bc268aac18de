from tests.house.messages_page import PAGE, page


def test_the_page_of_messages_says_what_the_program_says():
    assert PAGE.read_text("utf-8") == page(), "run: make messages"
