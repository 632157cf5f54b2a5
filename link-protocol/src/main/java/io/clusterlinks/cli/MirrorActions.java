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
                error = e.getMessage();
            }
            results.add(new ActionResult(link, topic, action, dryRun, error));
        });
        return results;
    }
}
