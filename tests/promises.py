"""Every promise of the README with the tests that hold it. A bullet there and a line here belong together."""

from __future__ import annotations

PROMISES = {
    "Files are read only under the folders you name, and parsed in confined child processes without network.": [
        "test_roots.py::test_path_tricks_read_like_absent_files",
        "test_roots.py::test_a_swap_race_never_reads_outside",
        "test_confinement.py::test_what_lies_outside_reads_like_what_is_absent_through_every_door",
        "test_confinement.py::test_a_swap_race_reads_nothing_outside",
        "test_hostile_files.py::test_the_double_flate_bomb_ends_at_a_limit_and_the_next_file_is_read",
        "test_sandbox.py::test_a_child_reaches_no_network",
    ],
    "Nothing is sent or reported anywhere but to the endpoints that you configure, whatever the environment says.": [
        "test_egress.py::test_nothing_is_sent_while_everything_is_used",
        "test_egress.py::test_a_language_model_alone_hears_of_a_question",
    ],
    "A file that cannot be read is one clear line of the report, and nothing half-ingested is visible.": [
        "test_ingest.py::test_a_broken_file_and_an_empty_one_are_one_line_each",
        "test_ingest_files.py::test_one_bad_file_of_any_kind_costs_one_line_and_the_rest_is_stored_once",
        "test_ingest.py::test_a_cancelled_run_keeps_finished_files_and_is_resumed",
    ],
    "A wrong model, key or extra fails once, before any file is read, with the name of the setting.": [
        "test_settings_faults.py::test_ingest_fails_once_and_reads_nothing",
        "test_llm.py::test_a_missing_key_names_its_variable",
    ],
    "An unchanged folder costs no model work the second time.": [
        "test_ingest.py::test_an_unchanged_folder_costs_no_model_call",
    ],
    "Declared personal data (e-mail, phone, card, IBAN, SSN, IP) is redacted before anything is cached, embedded "
    "or stored.": [
        "test_canary.py::test_nothing_of_a_carrier_is_left_in_the_home",
        "test_redaction.py::test_a_value_left_in_any_field_is_not_sealed",
        "contract_index.py::test_content_without_its_proof_is_refused_and_nothing_is_stored",
        "test_end_to_end.py::test_personal_data_does_not_come_out",
    ],
    "A document that is read again keeps its labels, rights and consent.": [
        "test_ingest_files.py::test_what_protects_a_document_survives_new_content_and_new_settings",
        "test_ingest_files.py::test_a_protected_document_that_was_moved_or_copied_stays_protected",
    ],
    "What is forgotten leaves no byte in the home, and copies made earlier are named.": [
        "test_forget.py::test_a_forgotten_folder_leaves_no_byte_in_the_home",
        "test_forget.py::test_snapshots_that_still_hold_it_are_named_with_what_to_do",
    ],
    "An acknowledged write survives a kill, and several processes may read and write at once.": [
        "test_index_crash.py::test_a_killed_writer_loses_nothing_acknowledged_and_tears_nothing",
        "test_index_crash.py::test_two_writers_and_three_readers_agree_at_every_moment",
    ],
    "A lost or damaged index is said to be one, never answered as empty.": [
        "test_end_to_end.py::test_a_lost_index_is_said_by_every_command_and_the_way_back_works",
    ],
    "The scores of one tenant do not depend on another's documents.": [
        "contract_index.py::test_one_tenants_scores_ignore_the_documents_of_another",
    ],
    "What each channel adds to a hit adds up to its score.": [
        "test_search.py::test_contributions_add_up_to_the_score",
        "test_graph_hops.py::test_the_link_has_a_share_and_all_shares_add_up",
    ],
    "A file that holds the identifier you search for stands above all that do not.": [
        "test_identifiers.py::test_the_file_that_holds_the_identifier_stands_above_every_title",
        "test_demo.py::test_the_search_of_the_readme_finds_the_invoice_first_and_nonsense_finds_nothing",
    ],
    "Every hop says what links it.": [
        "test_graph_hops.py::test_a_shared_id_links_two_documents_and_is_named_as_written",
    ],
    "A hit and a citation say when their file has changed or is gone.": [
        "test_ingest_files.py::test_a_hit_and_a_citation_say_that_their_file_has_changed_or_gone",
    ],
    "Of a sentence in the source's own words, a wrong number, an inserted negation and a swapped name, exactly the "
    "true one is supported.": [
        "test_contrast.py::test_of_four_claims_exactly_the_true_one_is_supported",
    ],
    '"The source says exactly this" means that every sign agrees.': [
        "test_signs.py::test_one_changed_sign_and_it_is_not_verbatim",
        "test_signs.py::test_one_sign_put_in_and_it_is_not_verbatim",
    ],
    "An answer is given only if enough of its sentences are supported and none is contradicted.": [
        "test_verify.py::test_the_thresholds_are_exact",
        "test_verify.py::test_one_contradiction_stops_a_pass",
        "test_answer_graph.py::test_what_can_not_be_supported_is_never_given",
    ],
    "What is not sure is not answered: the reply says what was looked for and shows the closest passages.": [
        "test_assess.py::test_a_near_miss_is_not_answered_and_what_was_looked_for_is_named",
        "test_answer_graph.py::test_for_what_is_not_in_the_files_the_closest_passages_are_shown_with_their_places",
        "test_demo.py::test_the_demo_answers_over_two_files_reads_a_picture_and_abstains",
    ],
    "Command line, MCP server and graph give the same verdicts.": [
        "test_demo.py::test_command_line_server_and_graph_give_the_same_verdicts",
    ],
    "A model may read by default and never write.": [
        "test_server_protocol.py::test_reading_tools_only_by_default",
        "test_gate.py::test_a_reader_may_not_write",
    ],
    "Every call leaves a record, and a record that is cut, changed or lost is noticed.": [
        "test_audit.py::test_tampering_without_the_key_is_found_at_once_and_ever_after",
        "test_audit.py::test_a_cut_tail_stays_on_record_after_the_next_call",
        "test_audit.py::test_killed_processes_lose_no_finished_call_and_leave_one_begun_each_at_most",
    ],
    "Unknown arguments are refused by name, and errors say what to do next.": [
        "test_gate.py::test_an_unknown_argument_is_refused_by_name",
        "test_server_protocol.py::test_wrong_arguments_are_errors_that_a_model_can_correct",
    ],
    "Tags are never called a caption, and a lane that is off is named.": [
        "test_tools_pictures.py::test_a_picture_is_described_by_what_is_configured",
        "test_search.py::test_a_picture_encoder_that_abstains_is_named",
    ],
}
