from streamlit.testing.v1 import AppTest


def pressed_twice() -> None:
    """While the first press is at work, the second comes."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from pages.ui.actions import finish_callbacks

    finish_callbacks()
    done = st.session_state.setdefault("done", [])

    def decide() -> None:
        done.append("stored")
        get_script_run_ctx().script_requests.request_rerun(RerunData())
        st.session_state["shown"] = True
        done.append("shown")

    st.button("Decide", on_click=decide)
    done.append("drawn")


def test_a_press_is_done_whole_though_the_next_one_waits():
    app = AppTest.from_function(pressed_twice).run()
    app.button[0].click().run()
    assert app.session_state["done"] == ["drawn", "stored", "shown", "drawn"]
