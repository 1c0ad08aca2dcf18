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
    "A file that cannot be read is one clear line of the report, and nothing half-ingested is visible.": [
        "test_ingest.py::test_a_broken_file_and_an_empty_one_are_one_line_each",
        "test_ingest_files.py::test_one_bad_file_of_any_kind_costs_one_line_and_the_rest_is_stored_once",
        "test_ingest.py::test_a_cancelled_run_keeps_finished_files_and_is_resumed",
    ],
    "An unchanged folder costs no model work the second time.": [
        "test_ingest.py::test_an_unchanged_folder_costs_no_model_call",
    ],
    "Declared personal data (e-mail, phone, card, IBAN, SSN, IP) is redacted before anything is embedded or stored.": [
        "test_redaction.py::test_a_value_left_in_any_field_is_not_sealed",
        "contract_index.py::test_content_without_its_proof_is_refused_and_nothing_is_stored",
        "test_end_to_end.py::test_personal_data_does_not_come_out",
    ],
    "An acknowledged write survives a kill, and several processes may read and write at once.": [
        "test_index_crash.py::test_a_killed_writer_loses_nothing_acknowledged_and_tears_nothing",
        "test_index_crash.py::test_two_writers_and_three_readers_agree_at_every_moment",
    ],
    "The scores of one tenant do not depend on another's documents.": [
        "contract_index.py::test_one_tenants_scores_ignore_the_documents_of_another",
    ],
    "What each channel adds to a hit adds up to its score.": [
        "test_search.py::test_contributions_add_up_to_the_score",
        "test_graph_hops.py::test_the_link_has_a_share_and_all_shares_add_up",
    ],
    "Every hop says what links it.": [
        "test_graph_hops.py::test_a_shared_id_links_two_documents_and_is_named_as_written",
    ],
    "Of a true sentence, a wrong number, an inserted negation and a swapped name, exactly the true one is supported.": [
        "test_contrast.py::test_of_four_claims_exactly_the_true_one_is_supported",
    ],
    "An answer is given only if enough of its sentences are supported and none is contradicted.": [
        "test_verify.py::test_the_thresholds_are_exact",
        "test_verify.py::test_one_contradiction_stops_a_pass",
        "test_answer_graph.py::test_what_can_not_be_supported_is_never_given",
    ],
    "A question that the files cannot answer is refused, with the reason.": [
        "test_assess.py::test_a_near_miss_abstains_and_names_the_missing_part",
        "test_demo.py::test_the_demo_answers_over_two_files_reads_a_picture_and_abstains",
    ],
    "Command line, MCP server and graph give the same verdicts.": [
        "test_demo.py::test_command_line_server_and_graph_give_the_same_verdicts",
    ],
    "A model may read by default and never write.": [
        "test_server_protocol.py::test_reading_tools_only_by_default",
        "test_gate.py::test_a_reader_may_not_write",
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
