// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.MirrorsResult;
import io.clusterlinks.protocol.LinkException;
import java.util.ArrayList;
import java.util.List;

/** Waits for requests about several mirror topics, each of which may be refused by itself. */
final class MirrorActions {
    private MirrorActions() {}

    static List<ActionResult> results(String link, String action, boolean dryRun, MirrorsResult<Void> request) {
        List<ActionResult> results = new ArrayList<>();
        request.values().forEach((topic, future) -> {
            String error = null;
            try {
                Session.get(future);
            } catch (LinkException e) {
                error = naming(topic, e.getMessage());
            }
            results.add(new ActionResult(link, topic, action, dryRun, error));
        });
        return results;
    }

    /** With several topics in one command it must be seen which one a refusal is about. */
    static String naming(String topic, String message) {
        return message.contains("'" + topic + "'") ? message : "Topic '" + topic + "': " + message;
    }
}
